/** Loads the task modules that a runbook names; a missing or broken one is a problem at the step that wants it. */
import type { Place } from '../base/problem.ts';
import { didYouMean } from '../base/suggest.ts';
import type { AnyTask } from '../model/task.ts';
import { importTask, TaskFault } from './compile.ts';
import type { TaskTable } from './input.ts';
import { watchedTask } from './own-task.ts';
import { shownPath } from './read.ts';
import type { Report, Where } from './report.ts';
import { taskOf } from './tasks.ts';

export interface TaskSource {
  readonly builtin: TaskTable;
  /** The project's own: name to file. */
  readonly own: ReadonlyMap<string, string>;
  readonly root: string;
  readonly cwd: string;
  readonly engineUrl: string;
}

/** Tasks by name, each loaded once. `wanted`: names with the places that want them, the first of which is blamed, or nothing. */
export async function loadTasks(
  wanted: ReadonlyMap<string, Where>,
  source: TaskSource,
  report: Report,
): Promise<ReadonlyMap<string, AnyTask>> {
  const loaded = await Promise.all(
    [...wanted].map(async ([name, spot]) => [name, await loadTask(name, spot, source, report)] as const),
  );
  return new Map(loaded.flatMap(([name, task]) => (task ? [[name, task] as const] : [])));
}

async function loadTask(
  name: string,
  spot: Where,
  source: TaskSource,
  report: Report,
): Promise<AnyTask | undefined> {
  const path = source.own.get(name);
  const builtin = source.builtin.get(name);
  if (path !== undefined && builtin) {
    const hint = 'give your task a name of its own';
    const message = `"${name}" is a task of ${shownPath(path, source.cwd)} and a built-in one`;
    report.add('task-shadows', message, spot, hint);
    return undefined;
  }
  if (builtin) return builtin();
  if (path === undefined) {
    const known = [...source.builtin.keys(), ...source.own.keys()];
    report.add(
      'unknown-task',
      `no task "${name}"`,
      spot,
      didYouMean(name, known) ?? 'tasks live in tasks/NAME.ts',
    );
    return undefined;
  }
  return loadOwn(name, path, spot, source, report);
}

async function loadOwn(
  name: string,
  path: string,
  spot: Where,
  source: TaskSource,
  report: Report,
): Promise<AnyTask | undefined> {
  const shown = shownPath(path, source.cwd);
  try {
    const { module, placeOf } = await importTask(path, source.root, source.engineUrl);
    const task = taskOf(module);
    if (task) return watchedTask(task, name, (error) => shownPlace(placeOf(error), source));
    const hint = 'write `export default defineTask({ summary, params, desire })`';
    report.add(
      'task-shape',
      `${shown} has no task as its default export`,
      { file: shown, line: 1, col: 1 },
      hint,
    );
  } catch (error) {
    if (!(error instanceof TaskFault)) throw error;
    const place = shownPlace(error.place, source);
    const message = error.message.replace(/'file:[^']*\/dist\/index\.js'/, "'tightbeam'");
    report.add('task-broken', `task "${name}" cannot be loaded: ${message}`, place ?? spot, `mend ${shown}`);
  }
  return undefined;
}

function shownPlace(place: Place | undefined, { cwd }: TaskSource): Place | undefined {
  return place && { ...place, file: shownPath(place.file, cwd) };
}
