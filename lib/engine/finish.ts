/** The good end of a step, or its next try. */
import { brokenWord } from './broken-word.ts';
import { endStep } from './ending.ts';
import type { PlannedStep } from './host-plan.ts';
import type { Life } from './life.ts';
import { observe, tellObserved } from './observe.ts';
import { outputsOf } from './own.ts';
import { predict } from './prediction.ts';
import { failOrRetry } from './retry.ts';
import { untilFailure } from './until.ts';

/** Ends a step whose changes, if any, have all been made. */
export function finish(life: Life, planned: PlannedStep): void {
  life.done.add(planned);
  const broken = brokenWord(life, planned.step);
  if (broken) {
    endStep(life, planned.step, 'failed', { failure: broken });
    return;
  }
  const now = predict(life.picture);
  const outputs = outputsOf(planned, now);
  const holds = planned.step.until ? life.viewer.until(planned.step, outputs) : true;
  if (holds !== true) {
    failOrRetry(life, planned.step, untilFailure(planned.step, holds), 'until');
    return;
  }
  // A step that is paid what it was owed ends again, and has told it.
  if (!life.ended.has(planned.step.id))
    tellObserved(life, planned.step.id, observe(planned.view.resources, now));
  const status = life.changedSteps.has(planned.step.id) ? 'changed' : 'ok';
  endStep(life, planned.step, status, outputs ? { outputs } : {});
}
