/** What `run prove` tells: a line for each trial, and what it all comes to. */
import type { Reference, TrialResult } from './trial.ts';

/** Of what is wrong with a trial, this many lines are shown. */
const LINES_SHOWN = 20;

/** What kind of mistake a trial has found in the runbook or its tasks. */
export function findingOf({ name, verdict }: TrialResult): string | undefined {
  if (verdict === 'same' || verdict === 'missed') return undefined;
  if (name.startsWith('order.')) return 'a hidden dependency';
  return verdict === 'left' ? 'something is left behind' : 'not crash-safe';
}

export function trialLine(result: TrialResult, { changes }: Reference): string {
  const { name, verdict, seconds, why } = result;
  const finding = findingOf(result);
  const change = Number.parseInt(name, 10);
  const made = Number.isNaN(change) ? [] : Object.values(changes).flatMap((list) => list[change - 1] ?? []);
  const what = [...new Set(made.map(({ step, key }) => `${step} ${key}`))].join(', ');
  const head = `${finding === undefined ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${verdict.padEnd(7)} ${seconds.toFixed(1).padStart(5)} s  ${what}`;
  const shown = why.slice(0, LINES_SHOWN).map((line) => `       ${line}`);
  const more = why.length > LINES_SHOWN ? [`       and ${why.length - LINES_SHOWN} more`] : [];
  return [`${head.trimEnd()}${finding === undefined ? '' : `: ${finding}`}`, ...shown, ...more].join('\n');
}

export function summary(
  results: readonly TrialResult[],
  { asked, orders, minutes }: { readonly asked: number; readonly orders: string; readonly minutes: number },
): string {
  const kills = results.filter(({ name }) => !name.startsWith('order.'));
  const count = (test: (result: TrialResult) => boolean): number => results.filter(test).length;
  const changes = new Set(kills.map(({ name }) => Number.parseInt(name, 10))).size;
  const within = kills.filter((result) => result.within.length > 0).length;
  const bad = count((result) => findingOf(result) !== undefined);
  return [
    `${results.length} of ${asked} trials in ${minutes.toFixed(1)} min: ${kills.length} kills at ${changes} changes (${within} within a change, ${count(({ verdict }) => verdict === 'missed')} came too late), ${orders}`,
    `${count(({ verdict }) => verdict === 'same')} ended in the same state, ${bad} did not`,
  ].join('\n');
}
