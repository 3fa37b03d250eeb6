/** `until`: what it says of a step's outputs, and how its failure is told. */
import { formatPlace } from '../base/problem.ts';
import { Unknown } from '../base/unknown.ts';
import type { FailureInfo } from '../model/event.ts';
import { PlanError } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';

/** `holds`: what it came to instead of true. */
export function untilFault({ id }: Step, holds: unknown): PlanError {
  const why = holds instanceof Unknown ? `cannot be told: it rests on ${holds.because}` : 'does not hold';
  return new PlanError(`\`until\` of ${id} ${why}`, 'look at what the step gave, or allow more retries');
}

export function untilFailure(step: Step, holds: unknown): FailureInfo {
  const { message, hint } = untilFault(step, holds);
  const place = formatPlace(step.until?.place ?? step.place);
  return { message, place, ...(hint === undefined ? {} : { hint }) };
}
