/** Every task there is for a project: built-in ones and its own, with what is wrong with those that cannot be loaded. */
import { resolve } from 'node:path';
import { RunError } from '../base/error.ts';
import type { Problem } from '../base/problem.ts';
import { isFolder } from '../load/source/read.ts';
import { createReport } from '../load/source/report.ts';
import { findRoot } from '../load/source/root.ts';
import { loadTasks } from '../load/task/task-load.ts';
import { projectTasks } from '../load/task/tasks.ts';
import type { AnyTask } from '../model/task.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';

export interface EveryTask {
  /** The folder of the project; the current one where there is none. */
  readonly root: string;
  /** By name, sorted. */
  readonly tasks: ReadonlyMap<string, AnyTask>;
  /** Those of the project. */
  readonly own: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** The root that the flags or the current folder say. Throws RunError `invalid` for a folder that is not there. */
export function projectRoot(args: Args): string {
  const said = args.value('project');
  if (said === undefined) return findRoot(process.cwd()) ?? process.cwd();
  if (!isFolder(resolve(said)))
    throw new RunError('invalid', `--project ${said}: no such folder`, {
      hint: 'name the folder that holds runbooks/',
    });
  return resolve(said);
}

export async function everyTask(root: string): Promise<EveryTask> {
  const builtin = builtinTasks();
  const own = projectTasks(root, builtin.folder);
  const names = [...new Set([...builtin.tasks.keys(), ...own.keys()])].sort();
  const report = createReport();
  const tasks = await loadTasks(
    new Map(names.map((name) => [name, undefined])),
    { builtin: builtin.tasks, own, root, cwd: process.cwd(), engineUrl: builtin.engineUrl },
    report,
  );
  return { root, tasks, own: new Set(own.keys()), problems: report.problems() };
}
