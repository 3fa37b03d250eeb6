/** A step told to other hosts in mid-stretch may fail after all: what they did on its word does not count then. */
import { formatPlace } from '../base/problem.ts';
import type { FailureInfo } from '../model/event.ts';
import { hostsAwaited, reachesOut, type Step } from '../model/runbook.ts';
import type { Life } from './life.ts';

/** Why the step cannot count as done: one of another host that it needs counted as done, and has failed since. */
export function brokenWord({ context, host }: Life, step: Step): FailureInfo | undefined {
  for (const need of step.needs) {
    if (!reachesOut(need)) continue;
    const other = hostsAwaited(need, host.name).find(
      (name) => name !== host.name && context.board.ended(need.step, name)?.retracted,
    );
    if (other === undefined) continue;
    return {
      message: `it rests on ${need.step} of ${other}, which counted as done and has failed since`,
      hint: `mend that, then run: ${context.command([other, host.name])}`,
      place: formatPlace(step.place),
    };
  }
  return undefined;
}
