/** `run diff`: two runs that were written down, beside each other. */
import { RunError } from '../base/error.ts';
import { compareRuns, type RunDifference } from '../journal/compare.ts';
import { type RunRecord, readRun } from '../journal/read.ts';
import { findRun } from '../journal/shelf.ts';
import { resultOf } from '../journal/standing.ts';
import type { Paint } from '../render/paint.ts';
import { printable } from '../render/printable.ts';
import type { Args } from './args.ts';
import { localTime, shortName } from './history-command.ts';
import { projectHere } from './project-folder.ts';
import { paintFor } from './renderer.ts';

export async function diffCommand(args: Args): Promise<number> {
  const [one, other, ...more] = args.positionals;
  if (one === undefined || other === undefined || more.length > 0)
    throw new RunError('invalid', 'two runs are compared', {
      hint: 'run diff <run> <run>; run history names them',
    });
  const root = projectHere(args);
  const [first, second] = [one, other].map((word) => readRun(root, findRun(root, word))) as [
    RunRecord,
    RunRecord,
  ];
  const found = compareRuns(first, second);
  if (args.has('json')) {
    const ids = { first: first.head.id, second: second.head.id };
    process.stdout.write(`${JSON.stringify({ ...ids, ...found }, undefined, 1)}\n`);
  } else process.stdout.write(differenceText(first, second, found, await paintFor(args)));
  return 0;
}

function differenceText(first: RunRecord, second: RunRecord, found: RunDifference, paint: Paint): string {
  const lines = [`${paint.red('-')} ${title(first)}`, `${paint.green('+')} ${title(second)}`];
  const { changes, steps, sources } = found;
  if (changes.length + steps.length + sources.length === 0)
    return `${lines.join('\n')}\n\nthey did the same\n`;
  if (sources.length > 0)
    lines.push('', paint.bold('files of the project'), ...sources.map((path) => `  ${path}`));
  if (changes.length > 0) lines.push('', paint.bold('changes'));
  for (const { host, step, key, first: a, second: b } of changes) {
    lines.push(`  ${host}  ${step}  ${printable(key)}`);
    if (a !== undefined) lines.push(`    ${paint.red(`- ${printable(a)}`)}`);
    if (b !== undefined) lines.push(`    ${paint.green(`+ ${printable(b)}`)}`);
    // The same in words: what was written differs.
    if (a !== undefined && a === b) lines.push('    (its content differs: run show --diff)');
  }
  if (steps.length > 0) lines.push('', paint.bold('steps'));
  for (const { host, step, first: a = NONE, second: b = NONE } of steps)
    lines.push(`  ${host}  ${step}  ${paint.red(a)} → ${paint.green(b)}`);
  return `${lines.join('\n')}\n`;
}

const NONE = 'not in it';

function title(record: RunRecord): string {
  const { head } = record;
  const when = localTime(new Date(head.at));
  return `${head.id}  ${shortName(head.runbook)} on ${head.inventory}, ${when} by ${head.who}: ${resultOf(record)}`;
}
