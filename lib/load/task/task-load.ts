/** Loads the task modules that a runbook names; a missing or broken one is a problem at the step that wants it. */

import { readFileSync } from 'node:fs';
import { formatPlace, type Place } from '../../base/problem.ts';
import { didYouMean } from '../../base/suggest.ts';
import type { AnyTask } from '../../model/task.ts';
import { importTask, TaskFault } from '../source/compile.ts';
import { DISK, type Disk } from '../source/disk.ts';
import type { TaskTable } from '../source/input.ts';
import { placeAt } from '../source/node.ts';
import { shownPath } from '../source/read.ts';
import type { Report, Where } from '../source/report.ts';
import { taskHint } from './foreign-task.ts';
import { watchedTask } from './own-task.ts';
import { taskSchemaFault } from './task-schema.ts';
import { taskOf } from './tasks.ts';

export interface TaskSource {
  readonly builtin: TaskTable;
  /** The project's own: name to file. */
  readonly own: ReadonlyMap<string, string>;
  readonly root: string;
  readonly cwd: string;
  readonly engineUrl: string;
  readonly disk?: Disk | undefined;
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
  if (path !== undefined) {
    const task = await loadOwn(name, path, spot, source, report);
    return task && isItsName(name, task, { builtin: builtin !== undefined, path, spot }, source, report)
      ? task
      : undefined;
  }
  if (builtin) return builtin();
  const known = [...source.builtin.keys(), ...source.own.keys()];
  const hint = taskHint(name) ?? didYouMean(name, known) ?? 'tasks live in tasks/NAME.ts';
  report.add('unknown-task', `no task "${name}"`, spot, hint);
  return undefined;
}

/** A built-in task is replaced where the project says so, and not by a name that happens to be the same. */
function isItsName(
  name: string,
  task: AnyTask,
  { builtin, path, spot }: { readonly builtin: boolean; readonly path: string; readonly spot: Where },
  { cwd, ...source }: TaskSource,
  report: Report,
): boolean {
  if (builtin === (task.overrides === true)) return true;
  const shown = shownPath(path, cwd);
  if (builtin) {
    const message = `"${name}" is a task of ${shown} and a built-in one`;
    const hint = `give yours another name, or say \`overrides: true\` in ${shown}`;
    report.add('task-shadows', message, spot, hint);
  } else {
    const message = `${shown} says \`overrides: true\`, and there is no built-in task "${name}"`;
    const hint = didYouMean(name, source.builtin.keys()) ?? 'take the line out';
    report.add('task-overrides', message, { file: shown, line: 1, col: 1 }, hint);
  }
  return false;
}

async function loadOwn(
  name: string,
  path: string,
  spot: Where,
  source: TaskSource,
  report: Report,
): Promise<AnyTask | undefined> {
  const shown = shownPath(path, source.cwd);
  const wanted = spot === undefined ? '' : `; ${wantedAt(spot)} wants it`;
  try {
    const imported = await importTask(path, source.root, source.engineUrl);
    const { module, placeOf, compiled, forget, inputs } = imported;
    (source.disk ?? DISK).loaded(path, inputs);
    const task = taskOf(module);
    if (!task) {
      const message = `${shown} has no task as its default export`;
      const hint = `write \`export default defineTask({ summary, params, desire })\`${wanted}`;
      report.add('task-shape', message, lineOf(path, shown, /^\s*export default\b/), hint);
      return undefined;
    }
    const fault = compiled ? taskSchemaFault(task.params) : undefined;
    if (!fault) return watchedTask(task, name, (error) => shownPlace(placeOf(error), source));
    // What is wrong is told each time, and not only where it has just been compiled.
    forget();
    const named = fault.parameter === undefined ? 'params' : `["']?${fault.parameter}["']?`;
    const at = lineOf(path, shown, new RegExp(`^\\s*${named}\\s*:`));
    report.add(
      'task-schema',
      `the params of task "${name}" are no schema: ${fault.message}`,
      at,
      `mend ${shown}${wanted}`,
    );
  } catch (error) {
    if (!(error instanceof TaskFault)) throw error;
    const place = shownPlace(error.place, source) ?? spot;
    const message = error.message.replace(/'file:[^']*\/(dist|lib)\/index\.[jt]s'/, "'tightbeam'");
    report.add('task-broken', `task "${name}" cannot be loaded: ${message}`, place, `mend ${shown}${wanted}`);
  }
  return undefined;
}

function wantedAt(where: NonNullable<Where>): string {
  return formatPlace('start' in where ? placeAt(where.file, where.start) : where);
}

/** The first line of the source that looks like what is at fault, else its first. */
function lineOf(path: string, file: string, pattern: RegExp): Place {
  const lines = readFileSync(path, 'utf8').split('\n');
  const index = lines.findIndex((line) => pattern.test(line));
  return { file, line: Math.max(0, index) + 1, col: (/\S/.exec(lines[index] ?? '')?.index ?? 0) + 1 };
}

function shownPlace(place: Place | undefined, { cwd }: TaskSource): Place | undefined {
  return place && { ...place, file: shownPath(place.file, cwd) };
}
