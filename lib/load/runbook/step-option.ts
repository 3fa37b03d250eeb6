/** How a step is carried out, beside what it wants: limits, and what its failures count for. */
import { formatPlace } from '../../base/problem.ts';
import { parseConfirm } from '../../model/confirm.ts';
import type { Step } from '../../model/runbook.ts';
import { NAME } from '../schema/schema-message.ts';
import { child, listOf, type Node, placeOf, textOf } from '../source/node.ts';
import { createReport, type Report } from '../source/report.ts';
import type { StepDraft } from './draft.ts';
import { durationMs } from './duration.ts';

export type StepOptions = Pick<Step, 'timeoutMs' | 'retry' | 'lock' | 'ignoreErrors' | 'protect' | 'confirm'>;

/** Between two tries, in milliseconds. */
const DELAY_MS = 5000;
/** Further tries of a step that says nothing but `until`. */
const TIMES = 3;

/** The options that a step or handler says, or its runbook for it; faults are reported. */
export function stepOptions(node: Node, runbook: Node, report: Report): StepOptions {
  const timeoutMs = durationOf(child(node, 'timeout'), report);
  const ignoreErrors = textOf(child(node, 'ignore_errors'))?.trim();
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...retryOf(node, report),
    ...lockOf(node, report),
    ...(ignoreErrors === undefined ? {} : { ignoreErrors }),
    ...protectOf(child(node, 'protect')),
    ...confirmOf(node, child(node, 'confirm') ?? child(runbook, 'confirm')),
  };
}

/** A time, or whether at all; what is neither has been told with the shape. */
function confirmOf(step: Node, node: Node | undefined): Pick<Step, 'confirm'> {
  if (node?.kind !== 'scalar') return {};
  const time = parseConfirm(node.value);
  const own = node.file === step.file && node.start >= step.start && node.end <= step.end;
  return time === undefined ? {} : { confirm: { time, own } };
}

/** `true`, or names; what is neither has been told with the shape. */
function protectOf(node: Node | undefined): Pick<Step, 'protect'> {
  if (!node) return {};
  const place = placeOf(node);
  if (node.kind === 'scalar') return node.value === true ? { protect: { names: 'all', place } } : {};
  return { protect: { names: listOf(node).flatMap((item) => textOf(item) ?? []), place } };
}

function durationOf(node: Node | undefined, report: Report): number | undefined {
  const text = textOf(node);
  if (text === undefined || text.includes('${{')) return undefined;
  const ms = durationMs(text);
  if (ms === undefined) report.add('bad-value', `"${text}" is no duration`, node, 'write 30s, 5m or 1h');
  return ms;
}

function retryOf(node: Node, report: Report): Pick<Step, 'retry'> {
  const delay = child(node, 'delay');
  const delayMs = durationOf(delay, report) ?? DELAY_MS;
  const retries = child(node, 'retries');
  const times = retries?.kind === 'scalar' && typeof retries.value === 'number' ? retries.value : TIMES;
  if (retries || child(node, 'until')) return { retry: { times, delayMs } };
  if (delay)
    report.add(
      'idle-key',
      '"delay" does nothing where nothing is tried again',
      delay,
      'add retries: or until:',
    );
  return {};
}

function lockOf(node: Node, report: Report): Pick<Step, 'lock'> {
  const lock = child(node, 'lock');
  const name = textOf(lock) ?? textOf(child(lock, 'name'));
  if (name === undefined) return {};
  if (lock?.kind === 'scalar' && !new RegExp(NAME).test(name))
    report.add('bad-value', `"${name}" is no name for a lock`, lock, 'write small letters, digits and _');
  const max = child(lock, 'max');
  const most = max?.kind === 'scalar' && typeof max.value === 'number' ? max.value : 1;
  return { lock: { name, max: most } };
}

/** One lock has one size, wherever it is named. */
export function checkLocks(drafts: readonly StepDraft[], report: Report): void {
  const sizes = new Map<string, { readonly max: number; readonly node: Node }>();
  for (const { node } of drafts) {
    const { lock } = lockOf(node, createReport());
    const at = child(node, 'lock');
    if (!lock || !at) continue;
    const first = sizes.get(lock.name);
    if (!first) sizes.set(lock.name, { max: lock.max, node: at });
    else if (first.max !== lock.max)
      report.add(
        'lock-size',
        `lock "${lock.name}" lets ${lock.max} in here, and ${first.max} at ${formatPlace(placeOf(first.node))}`,
        at,
        'give both the same max:, or one of them another name',
      );
  }
}
