/** `run test`: plays the cases of the project's tasks, and shows what is not as they say. */
import { formatPlace, formatProblem } from '../base/problem.ts';
import type { Mismatch } from '../case/judge.ts';
import { type CaseResult, type TaskResult, testTasks } from '../case/test-tasks.ts';
import { isBuiltinFolder, projectTasks } from '../load/task/tasks.ts';
import { createPaint, type Paint } from '../render/paint.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';
import { projectHere } from './project-folder.ts';

export async function testCommand(args: Args): Promise<number> {
  const builtin = builtinTasks();
  const root = projectHere(args);
  const ours = isBuiltinFolder(root, builtin.folder);
  const own = projectTasks(root, builtin.folder);
  // In a checkout of ours the built-in tasks are the project's.
  const all = [...(ours ? builtin.tasks : own).keys()];
  const results = await testTasks([...new Set(args.positionals)], all, {
    builtin: builtin.tasks,
    own,
    root,
    cwd: process.cwd(),
    engineUrl: builtin.engineUrl,
  });
  const failed = sum(results, ({ problems, cases }) => problems.length + (cases ?? []).filter(isBad).length);
  const passed = sum(results, ({ cases }) => (cases ?? []).length) - sum(results, failedCases);
  if (args.has('json')) writeJson(results, passed, failed);
  else writeText(results, passed, failed, createPaint(coloured(args)));
  return failed > 0 || passed === 0 ? 1 : 0;
}

function isBad({ mismatches }: CaseResult): boolean {
  return mismatches.length > 0;
}

function failedCases({ cases }: TaskResult): number {
  return (cases ?? []).filter(isBad).length;
}

function sum(results: readonly TaskResult[], count: (result: TaskResult) => number): number {
  return results.reduce((total, result) => total + count(result), 0);
}

function coloured(args: Args): boolean {
  const { env, stdout } = process;
  if (args.has('no-color') || env.NO_COLOR || env.TERM === 'dumb') return false;
  return stdout.isTTY === true || Boolean(env.FORCE_COLOR);
}

function writeText(results: readonly TaskResult[], passed: number, failed: number, paint: Paint): void {
  const lines = results.flatMap((result) => taskLines(result, paint));
  const count = `${passed} passed, ${failed} failed`;
  process.stdout.write(`${[...lines, '', failed > 0 ? paint.red(count) : count].join('\n')}\n`);
}

function taskLines({ task, file, cases, problems }: TaskResult, paint: Paint): readonly string[] {
  if (cases === undefined) return [`${paint.yellow('none')}  ${task}  no cases: write ${file}`];
  if (problems.length > 0)
    return problems.flatMap((problem) => [
      `${paint.red('FAIL')}  ${task}`,
      ...formatProblem(problem)
        .split('\n')
        .map((line) => `      ${line}`),
    ]);
  const bad = cases.filter(isBad);
  if (bad.length === 0)
    return [`${paint.green('ok')}    ${task}  ${cases.length} case${cases.length === 1 ? '' : 's'}`];
  return bad.flatMap(({ name, place, mismatches }) => [
    `${paint.red('FAIL')}  ${task}  "${name}"  ${formatPlace(place)}`,
    ...mismatches.flatMap((mismatch) => mismatchLines(mismatch, paint)).map((line) => `      ${line}`),
  ]);
}

/** Lines that both have stand between as they are; what is only expected goes before what is only found. */
function mismatchLines({ message, expected, found }: Mismatch, paint: Paint): readonly string[] {
  if (!expected) return [message, ...(found ?? []).map((line) => paint.green(`+ ${line}`))];
  const lines: string[] = [];
  const length = Math.max(expected.length, found?.length ?? 0);
  for (let index = 0; index < length; index += 1) {
    const [wanted, came] = [expected[index], found?.[index]];
    if (wanted === came) {
      lines.push(`  ${wanted}`);
      continue;
    }
    if (wanted !== undefined) lines.push(paint.red(`- ${wanted}`));
    if (came !== undefined) lines.push(paint.green(`+ ${came}`));
  }
  return [`${message}  (- the case says, + the task does)`, ...lines];
}

function writeJson(results: readonly TaskResult[], passed: number, failed: number): void {
  const lines: object[] = results.flatMap(({ task, file, cases, problems }): object[] => [
    ...problems.map(({ place, ...rest }) => ({
      kind: 'problem',
      task,
      ...rest,
      ...(place ? { place: formatPlace(place) } : {}),
    })),
    ...(cases ?? []).map(({ name, place, mismatches }) => ({
      kind: 'case',
      task,
      name,
      place: formatPlace(place),
      passed: mismatches.length === 0,
      mismatches,
    })),
    ...(cases === undefined ? [{ kind: 'without_cases', task, file }] : []),
  ]);
  const all = [...lines, { kind: 'end', passed, failed }];
  process.stdout.write(all.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
