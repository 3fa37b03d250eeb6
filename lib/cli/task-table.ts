/** The built-in tasks when the command runs from source; the build puts a table of bundled modules in this file's place. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyTask } from '../model/task.ts';
import { packageRoot } from './package-root.ts';

export function taskTable(): ReadonlyMap<string, () => Promise<AnyTask>> {
  const folder = join(packageRoot(), 'tasks');
  const load = async (file: string): Promise<AnyTask> => {
    const module = (await import(pathToFileURL(join(folder, file)).href)) as { readonly default: AnyTask };
    return module.default;
  };
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'));
  return new Map(files.map((file) => [file.slice(0, -3), () => load(file)]));
}
