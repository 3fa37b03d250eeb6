/** Which task modules there are, and loading those that a runbook uses: built-in ones and the project's own. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyTask } from '../../model/task.ts';
import { DISK, type Disk } from '../source/disk.ts';
import type { TaskTable } from '../source/input.ts';
import { isMap } from '../source/json-schema.ts';
import { entries, isFolder } from '../source/read.ts';

/** `kernel-module.ts` is the task kernel_module. */
export function taskName(file: string): string {
  return file.replace(/\.ts$/, '').replaceAll('-', '_');
}

/** Task files of a folder by task name; declarations, tests and names that begin with _ or . are none. */
export function taskFiles(folder: string, disk: Disk = DISK): ReadonlyMap<string, string> {
  const files = entries(folder, disk)
    .filter((name) => /^[a-z][a-z0-9_-]*\.ts$/.test(name))
    .sort();
  return new Map(files.map((name) => [taskName(name), join(folder, name)]));
}

/** A table of the tasks in a folder, for an engine that runs from source. */
export function sourceTasks(folder: string): TaskTable {
  const load = async (path: string): Promise<AnyTask> => {
    const module: unknown = await import(pathToFileURL(path).href);
    const task = taskOf(module);
    if (!task) throw new Error(`${path} exports no task`);
    return task;
  };
  return new Map([...taskFiles(folder)].map(([name, path]) => [name, () => load(path)]));
}

/** The default export when it has the shape of a task. */
export function taskOf(module: unknown): AnyTask | undefined {
  const task = isMap(module) ? module.default : undefined;
  const fits =
    isMap(task) &&
    typeof task.summary === 'string' &&
    typeof task.desire === 'function' &&
    isMap(task.params) &&
    task.params.type === 'object';
  return fits ? (task as unknown as AnyTask) : undefined;
}

/** The project's own task files; none when the folder is that of the built-in tasks. */
export function projectTasks(
  root: string,
  builtinFolder: string | undefined,
  disk: Disk = DISK,
): ReadonlyMap<string, string> {
  const same = builtinFolder !== undefined && isBuiltinFolder(root, builtinFolder);
  return same ? new Map() : taskFiles(join(root, 'tasks'), disk);
}

/** True for a checkout of ours: what is in its tasks/ is built in. */
export function isBuiltinFolder(root: string, builtinFolder: string): boolean {
  const folder = join(root, 'tasks');
  return isFolder(folder) && isFolder(builtinFolder) && realpathSync(folder) === realpathSync(builtinFolder);
}
