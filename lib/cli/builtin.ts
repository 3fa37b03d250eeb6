/** The built-in tasks: bundled modules of the package, or the sources themselves when run from source. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyTask } from '../model/task.ts';
import { packageRoot } from './package-root.ts';

export interface Builtin {
  readonly tasks: ReadonlyMap<string, () => Promise<AnyTask>>;
  /** The folder of the sources, where it is there: a project that is that checkout loads each once. */
  readonly folder: string;
  /** What `import … from 'tightbeam'` of a user's task means. */
  readonly engineUrl: string;
}

export function builtinTasks(): Builtin {
  const root = packageRoot();
  const bundled = import.meta.url.endsWith('.js');
  const [folder, ending] = bundled ? [join(root, 'dist/tasks'), '.js'] : [join(root, 'tasks'), '.ts'];
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  const load = async (name: string): Promise<AnyTask> => {
    const module = (await import(pathToFileURL(join(folder, name)).href)) as { readonly default: AnyTask };
    return module.default;
  };
  return {
    tasks: new Map(names.map((name) => [name.slice(0, -ending.length), () => load(name)])),
    folder: join(root, 'tasks'),
    engineUrl: pathToFileURL(join(root, bundled ? 'dist/index.js' : 'lib/index.ts')).href,
  };
}
