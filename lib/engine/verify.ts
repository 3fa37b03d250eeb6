/** What was written must hold: everything is read again, and planning must find nothing left. */
import { formatPlace } from '../base/problem.ts';
import type { FailureInfo } from '../model/event.ts';
import type { Change } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { ApplyResult } from '../remote/contract.ts';
import { type UnitState, unitSettled } from '../resources/unit-kind.ts';
import { unsettled, type Wanted } from './fixpoint.ts';
import type { Life } from './life.ts';
import { predict, stateAt } from './prediction.ts';

export interface Broken {
  readonly step: Step;
  readonly failure: FailureInfo;
}

/** Resources of finished steps that do not hold in what was just read. Each step is named once, by its first. */
export function verifySteps(life: Life): readonly Broken[] {
  const now = predict(life.picture);
  const wanted: Wanted[] = life.done
    .filter(({ handler, step }) => !handler && life.statuses.get(step.id) !== 'failed')
    .flatMap(({ step, view }) => view.resources.map((resource) => ({ step, resource })));
  const named = new Set<string>();
  return unsettled(now, wanted, life.nextId, 'reading').flatMap(({ step, resource, summary, diff }) => {
    if (named.has(step.id)) return [];
    named.add(step.id);
    const message = `${resource.title ?? resource.key} is not as declared after it was applied: ${summary}`;
    const hint =
      'something else on the host, or a later step, changes it back; the difference is what is still wrong';
    return [{ step, failure: { message, hint, key: resource.key, diff, place: formatPlace(step.place) } }];
  });
}

/** Units that fell over, or were restarted by something else, in the seconds after their start. */
export function verifyUnits(
  life: Life,
  changes: readonly Change[],
  result: ApplyResult,
  stepOf: (id: string) => Step | undefined,
): readonly Broken[] {
  const now = predict(life.picture);
  return changes.flatMap((change) => {
    const unit = change.draft.settle?.unit;
    const noted = unit === undefined ? undefined : result.invocations.get(unit);
    const step = stepOf(change.step);
    if (unit === undefined || noted === undefined || !step) return [];
    // A later restart of the same unit in this stretch has noted an invocation of its own.
    const state = stateAt(now, change.key) as UnitState | undefined;
    const reason = state && unitSettled(state, noted);
    if (reason === undefined) return [];
    const message = `${unit} did not stay up: ${reason}`;
    const hint = `look at: journalctl -u ${unit} -n 50`;
    return [{ step, failure: { message, hint, key: change.key, place: formatPlace(step.place) } }];
  });
}
