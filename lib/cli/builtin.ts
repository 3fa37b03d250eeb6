/** The built-in tasks, and where they and the engine are for a project's own tasks. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyTask } from '../model/task.ts';
import { packageRoot } from './package-root.ts';
import { taskTable } from './task-table.ts';

export interface Builtin {
  readonly tasks: ReadonlyMap<string, () => Promise<AnyTask>>;
  /** The folder of the sources, where it is there: a project that is that checkout loads each once. */
  readonly folder: string;
  /** What `import … from 'tightbeam'` of a user's task means. */
  readonly engineUrl: string;
}

export function builtinTasks(): Builtin {
  const root = packageRoot();
  const bundled = !import.meta.url.endsWith('.ts');
  return {
    tasks: taskTable(),
    folder: join(root, 'tasks'),
    engineUrl: pathToFileURL(join(root, bundled ? 'dist/index.js' : 'lib/index.ts')).href,
  };
}
