/** How a step is carried out, beside what it wants: limits, and what its failures count for. */
import type { Step } from '../model/runbook.ts';
import { durationMs } from './duration.ts';
import { child, type Node, textOf } from './node.ts';
import type { Report } from './report.ts';

export type StepOptions = Pick<Step, 'timeoutMs' | 'retry' | 'ignoreErrors'>;

/** Between two tries, in milliseconds. */
const DELAY_MS = 5000;
/** Further tries of a step that says nothing but `until`. */
const TIMES = 3;

/** The options that a step or handler says; faults are reported. */
export function stepOptions(node: Node, report: Report): StepOptions {
  const timeoutMs = durationOf(child(node, 'timeout'), report);
  const ignoreErrors = textOf(child(node, 'ignore_errors'))?.trim();
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...retryOf(node, report),
    ...(ignoreErrors === undefined ? {} : { ignoreErrors }),
  };
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
