/** In a host's final state every resource must have nothing left to do: two steps that disagree are found here. */
import { findUnknown, UnknownUsed } from '../base/unknown.ts';
import type { Difference } from '../model/resource.ts';
import { type AnyResource, PlanError } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import { canonical } from './picture.ts';
import { atOf } from './plan-resource.ts';
import { type Prediction, stateAt, uncertainFor } from './prediction.ts';

export interface Wanted {
  readonly step: Step;
  readonly resource: AnyResource;
}

/** The id of the step, and which of its items, for people. */
export function nameOf({ step, resource }: Wanted): string {
  return resource.item === undefined ? step.id : `${step.id} (${resource.item})`;
}

export interface Unsettled extends Wanted {
  /** What it would still do, or why it cannot be planned. */
  readonly summary: string;
  readonly diff: readonly Difference[];
  /** What to do, where the resource itself says so. */
  readonly hint?: string;
}

/**
 * Resources that want more in this state. Acts, passages and what was waited for are left out, and what rests on a guess. In a state
 * that was read (not predicted), a resource that cannot be planned is unsettled too.
 */
export function unsettled(
  prediction: Prediction,
  items: readonly Wanted[],
  now: number,
  from: 'prediction' | 'reading',
): readonly Unsettled[] {
  return items.flatMap(({ step, resource }) => {
    if (resource.act || resource.transient || resource.unknown || resource.awaits) return [];
    // What is still owed to a resource is paid after the last step.
    if ((resource.debts ?? []).some(({ mark }) => stateAt(prediction, mark)?.exists === true)) return [];
    if (uncertainFor(prediction, resource) !== undefined) return [];
    const state = stateAt(prediction, resource.key);
    if (!state) {
      const why = prediction.picture.unreadable.get(resource.key) ?? 'it was not read';
      return from === 'reading' ? [{ step, resource, summary: `cannot be read: ${why}`, diff: [] }] : [];
    }
    if (findUnknown(state)) return [];
    try {
      const draft = resource.plan(state, atOf(prediction), now);
      return draft ? [{ step, resource, summary: draft.summary, diff: draft.diff }] : [];
    } catch (error) {
      if (error instanceof UnknownUsed) return [];
      if (!(error instanceof PlanError)) throw error;
      const hint = error.hint === undefined ? {} : { hint: error.hint };
      return from === 'reading' ? [{ step, resource, summary: error.message, diff: [], ...hint }] : [];
    }
  });
}

/** The other step, or item of the same, that wants this key: what an unsettled resource disagrees with. */
export function rival(prediction: Prediction, found: Wanted, items: readonly Wanted[]): Wanted | undefined {
  const key = canonical(prediction.picture, found.resource.key);
  return items
    .filter(
      ({ step, resource }) =>
        (step !== found.step || resource.item !== found.resource.item) &&
        canonical(prediction.picture, resource.key) === key,
    )
    .at(-1);
}
