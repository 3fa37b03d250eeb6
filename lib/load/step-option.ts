/** How a step is carried out, beside what it wants: limits, and what its failures count for. */
import type { Step } from '../model/runbook.ts';
import { durationMs } from './duration.ts';
import { child, type Node, textOf } from './node.ts';
import type { Report } from './report.ts';

export type StepOptions = Pick<Step, 'timeoutMs' | 'ignoreErrors'>;

/** The options that a step or handler says; faults are reported. */
export function stepOptions(node: Node, report: Report): StepOptions {
  const timeoutMs = durationOf(child(node, 'timeout'), report);
  const ignoreErrors = textOf(child(node, 'ignore_errors'))?.trim();
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
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
