/** A plan for somebody who is about to agree to it: what is lost first, the same on many hosts once. */
import type { PlanChange, PlanView } from '../model/policy.ts';
import type { Weight } from '../model/review.ts';
import { differenceLines } from './difference.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { actionSign } from './text.ts';

const ORDER: readonly Weight[] = ['destructive', 'restart', 'plain'];
/** Lines of plain changes that a person reads before a question. */
const MOST_LINES = 30;
const MOST_HOSTS = 3;

interface Row {
  readonly change: PlanChange;
  readonly hosts: string[];
}

/** `diff`: with all differences, and no line left out. */
export function planSummary(plan: PlanView, paint: Paint, diff: boolean): string {
  const rows = rowsOf(plan);
  const lines: string[] = [];
  let left = 0;
  for (const weight of ORDER) {
    const its = rows.filter(({ change }) => change.weight === weight);
    if (its.length === 0) continue;
    lines.push(title(weight, its, paint));
    // What is lost or interrupted is named whole, however much it is.
    const most = diff || weight !== 'plain' ? its.length : Math.max(0, MOST_LINES - lines.length);
    for (const row of its.slice(0, most)) lines.push(...rowLines(row, plan, paint, diff));
    left += Math.max(0, its.length - most);
  }
  if (left > 0) lines.push(paint.dim(`  … and ${left} more`));
  const open = plan.hosts.reduce((total, host) => total + host.open.length, 0);
  if (open > 0) lines.push(paint.cyan(`  ? ${open} more may follow that are known after apply only`));
  for (const { name, unreachable } of plan.hosts)
    if (unreachable !== undefined)
      lines.push(`  ${paint.red('unreachable')} ${name}: ${printable(unreachable)}`);
  return `${[paint.bold(headline(plan)), ...lines].join('\n')}\n`;
}

function headline({ runbook, hosts }: PlanView): string {
  const changed = hosts.filter(({ changes }) => changes.length > 0);
  const changes = changed.reduce((total, host) => total + host.changes.length, 0);
  return `\nPLAN of ${printable(runbook)}: ${count(changes, 'change')} on ${changed.length} of ${count(hosts.length, 'host')}`;
}

const TITLES = {
  destructive: 'destructive: what is deleted or stopped, or has no way back',
  restart: 'restarts',
  plain: 'other changes',
} as const;

function title(weight: Weight, rows: readonly Row[], paint: Paint): string {
  const total = rows.reduce((sum, { hosts }) => sum + hosts.length, 0);
  const colour = weight === 'destructive' ? paint.red : weight === 'restart' ? paint.yellow : paint.bold;
  return `${colour(TITLES[weight])} (${total})`;
}

function rowLines({ change, hosts }: Row, plan: PlanView, paint: Paint, diff: boolean): readonly string[] {
  const { title: shown, key, action, summary, step, place, mayDiffer, weight } = change;
  const colour = weight === 'destructive' ? paint.red : action === 'create' ? paint.green : paint.yellow;
  const guess = mayDiffer === undefined ? '' : paint.cyan('  (may differ)');
  const at = weight === 'plain' ? `[${step}]` : `[${step}, ${place}]`;
  const head = `  ${colour(actionSign(action))} ${printable(shown ?? key)}  ${printable(summary)}  ${paint.dim(at)}  ${hostsText(hosts, plan)}${guess}`;
  return diff ? [head, ...differenceLines(change.diff, paint).map((line) => `      ${line}`)] : [head];
}

function hostsText(hosts: readonly string[], plan: PlanView): string {
  if (plan.hosts.length === 1) return '';
  const more = hosts.length - MOST_HOSTS;
  return `on ${hosts.slice(0, MOST_HOSTS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The same change with the same difference on several hosts is one. */
function rowsOf({ hosts }: PlanView): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const { name, changes } of hosts) {
    for (const change of changes) {
      const { step, key, action, summary, diff } = change;
      const same = JSON.stringify([step, key, action, summary, diff]);
      const row = rows.get(same);
      if (row) row.hosts.push(name);
      else rows.set(same, { change, hosts: [name] });
    }
  }
  return [...rows.values()];
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
