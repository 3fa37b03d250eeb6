/** Plans one resource on the predicted state, and says when that prediction is not good enough. */
import { RunError } from '../base/error.ts';
import { Unknown, UnknownUsed } from '../base/unknown.ts';
import type { Key } from '../model/key.ts';
import type { At, State } from '../model/kind.ts';
import { type AnyResource, type Draft, PlanError } from '../model/resource.ts';
import { canonical } from './picture.ts';
import { type Prediction, stateAt, uncertainFor, uncertainty } from './prediction.ts';

export type ResourcePlan =
  /** mayDiffer: it rests on what this step may change. */
  | { readonly kind: 'nothing'; readonly mayDiffer?: string }
  | { readonly kind: 'draft'; readonly draft: Draft; readonly before: State; readonly mayDiffer?: string }
  /** stretch: what was planned so far has to be applied first. */
  | { readonly kind: 'boundary'; readonly because: string }
  /** foresee: known after apply. */
  | { readonly kind: 'later'; readonly because: string };

const NOTHING: ResourcePlan = { kind: 'nothing' };

export function planResource(
  prediction: Prediction,
  resource: AnyResource,
  now: number,
  mode: 'foresee' | 'stretch',
): ResourcePlan {
  const guess = uncertainFor(prediction, resource);
  if (guess !== undefined && mode === 'stretch') return { kind: 'boundary', because: `step ${guess}` };
  refuseUnreadable(prediction, resource);
  const before = stateAt(prediction, resource.key);
  if (!before)
    return { kind: 'later', because: untold(prediction, resource.key) ?? `${resource.key} was not read` };
  // A query or guard after changes would answer for a host that is not there yet.
  if (resource.late && guess !== undefined)
    return { kind: 'later', because: `step ${guess}, after which it looks` };
  try {
    if (guess === undefined) refuseMissing(prediction, resource);
    const draft = resource.plan(before, atOf(prediction), now);
    if (!draft) return guess === undefined ? NOTHING : { kind: 'nothing', mayDiffer: guess };
    return { kind: 'draft', draft, before, ...(guess === undefined ? {} : { mayDiffer: guess }) };
  } catch (error) {
    if (error instanceof UnknownUsed) return unknownMet(error.unknown, mode);
    if (error instanceof PlanError && guess !== undefined) {
      return { kind: 'later', because: `step ${guess} (now: ${error.message})` };
    }
    throw error;
  }
}

function unknownMet(unknown: Unknown, mode: 'foresee' | 'stretch'): ResourcePlan {
  return { kind: mode === 'stretch' ? 'boundary' : 'later', because: unknown.because };
}

export function atOf(prediction: Prediction): At {
  return <S extends State>(key: Key) => {
    const step = uncertainty(prediction, key);
    const state = stateAt(prediction, key);
    if (state === undefined && step !== undefined) return new Unknown(`step ${step}`);
    const why = state === undefined ? untold(prediction, key) : undefined;
    if (why !== undefined) return new Unknown(why);
    return state as S | undefined;
  };
}

/** Why no record tells of a key. */
function untold({ picture }: Prediction, key: Key): string | undefined {
  return picture.untold.get(key) ?? picture.untold.get(canonical(picture, key));
}

function refuseUnreadable(prediction: Prediction, resource: AnyResource): void {
  const keys = [
    resource.key,
    ...(resource.reads ?? []).map(({ key }) => key),
    ...(resource.uses ?? []).map(({ key }) => key),
  ];
  for (const key of keys) {
    const why =
      prediction.picture.unreadable.get(key) ??
      prediction.picture.unreadable.get(canonical(prediction.picture, key));
    if (why === undefined || prediction.overlay.has(canonical(prediction.picture, key))) continue;
    throw new RunError('failed', `${key} cannot be read: ${why}`, {
      hint: 'look at it on the host; nothing is planned on what is not known',
    });
  }
}

function refuseMissing(prediction: Prediction, resource: AnyResource): void {
  for (const { key } of resource.uses ?? []) {
    const state = stateAt(prediction, key);
    if (!state || state.exists) continue;
    throw new PlanError(
      `${resource.key} needs ${key.replace(':', ' ')}, which is not there`,
      'make it in an earlier step',
    );
  }
}
