/** Plays the case files of a project's tasks: everything that does not hold, task by task. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { invalid, RunError } from '../base/error.ts';
import type { Place, Problem } from '../base/problem.ts';
import { didYouMean } from '../base/suggest.ts';
import { isFolder, shownPath } from '../load/source/read.ts';
import { createReport } from '../load/source/report.ts';
import { loadTasks, type TaskSource } from '../load/task/task-load.ts';
import type { AnyTask } from '../model/task.ts';
import { type Case, readCases } from './case-file.ts';
import { judgeCase, type Mismatch } from './judge.ts';

export interface CaseResult {
  readonly name: string;
  readonly place: Place;
  /** Empty: the case holds. */
  readonly mismatches: readonly Mismatch[];
}

export interface TaskResult {
  readonly task: string;
  /** Path of its case file for people, whether it is there or not. */
  readonly file: string;
  /** Undefined: there is no case file. */
  readonly cases: readonly CaseResult[] | undefined;
  /** Why nothing could be played: the module or the case file is broken. */
  readonly problems: readonly Problem[];
}

/** The chosen ones of the project's tasks, or all. Throws RunError `invalid` for names that are none. */
export async function testTasks(
  chosen: readonly string[],
  all: readonly string[],
  source: TaskSource,
): Promise<readonly TaskResult[]> {
  const folder = join(source.root, 'test', 'cases');
  checkNames(chosen, all, folder, source.cwd);
  const names = chosen.length > 0 ? chosen : [...all].sort();
  const found: TaskResult[] = [];
  for (const name of names) {
    const result = await testTask(name, join(folder, `${name}.yaml`), source);
    if (chosen.length > 0 && result.cases === undefined) throw withoutCases(result);
    found.push(result);
  }
  return found;
}

async function testTask(task: string, path: string, source: TaskSource): Promise<TaskResult> {
  const file = shownPath(path, source.cwd);
  const report = createReport();
  const loaded = (await loadTasks(new Map([[task, undefined]]), source, report)).get(task);
  if (!loaded) return { task, file, cases: [], problems: report.problems() };
  if (!existsSync(path)) return { task, file, cases: undefined, problems: [] };
  try {
    const files = join(path, '..', 'files');
    const cases = (await readCases(path, file)).map((one) => ({
      name: one.name,
      place: one.place,
      mismatches: judged(loaded, one, files),
    }));
    return { task, file, cases, problems: [] };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { task, file, cases: [], problems: error.problems };
  }
}

/** What the task throws where the case expects no error: its message names the line of the source. */
function judged(task: AnyTask, one: Case, files: string): readonly Mismatch[] {
  try {
    return judgeCase(task, one, files);
  } catch (error) {
    const hint = error instanceof Error && 'hint' in error && error.hint ? ` → ${error.hint}` : '';
    return [{ message: `${error instanceof Error ? error.message : String(error)}${hint}` }];
  }
}

/** A case file of no task would be green for ever, as nobody plays it. */
function checkNames(chosen: readonly string[], names: readonly string[], folder: string, cwd: string): void {
  const problems = chosen
    .filter((name) => !names.includes(name))
    .map((name): Problem => {
      const hint = didYouMean(name, names) ?? `run new task ${name} begins one`;
      return { code: 'unknown-task', message: `tasks/ has no task "${name}"`, hint };
    });
  const files = chosen.length === 0 && isFolder(folder) ? readdirSync(folder) : [];
  for (const file of files.filter((name) => /\.ya?ml$/.test(name))) {
    const name = basename(file, '.yaml');
    if (names.includes(name)) continue;
    const hint = didYouMean(name, names) ?? 'name it NAME.yaml after a file of tasks/';
    const place = { file: shownPath(join(folder, file), cwd), line: 1, col: 1 };
    problems.push({ code: 'case-task', message: `these are cases of no task in tasks/`, place, hint });
  }
  if (chosen.length === 0 && names.length === 0) {
    const hint = 'run new task NAME begins one';
    problems.push({ code: 'no-task', message: 'there is nothing to test: tasks/ holds no task', hint });
  }
  if (problems.length > 0) throw invalid(problems);
}

function withoutCases({ task, file }: TaskResult): RunError {
  const message = `task "${task}" has no cases`;
  return invalid([
    { code: 'no-cases', message, hint: `write ${file}; run new task shows what they look like` },
  ]);
}
