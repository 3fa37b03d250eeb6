/** A runbook that only others import, checked by itself: on all hosts, as nobody knows yet which ones will be its own. */
import type { ProblemCode } from '../../base/problem-code.ts';
import { child, entryOf, type Node } from '../source/node.ts';
import type { Report } from '../source/report.ts';

/** It says steps and no hosts. */
export function isPart(top: Node): boolean {
  return child(top, 'steps') !== undefined && !entryOf(top, 'hosts');
}

/** What only the runbook that imports it can settle: which hosts there are, and the inputs. */
const ELSEWHERE: ReadonlySet<ProblemCode> = new Set([
  'missing-input',
  'missing-variable',
  'no-host',
  'need-no-host',
  'unknown-variable',
]);

/** The report without that. */
export function partReport(report: Report): Report {
  const add: Report['add'] = (code, ...rest) => (ELSEWHERE.has(code) ? undefined : report.add(code, ...rest));
  return Object.create(report, { add: { value: add } }) as Report;
}
