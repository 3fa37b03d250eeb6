/** The host as it will be: planned changes laid over what was read, and what they leave uncertain. */
import type { Key } from '../model/key.ts';
import { keyKind } from '../model/key.ts';
import type { State } from '../model/kind.ts';
import type { AnyResource, Change } from '../model/resource.ts';
import { canonical, type Picture } from './picture.ts';

export interface Prediction {
  readonly picture: Picture;
  readonly overlay: Map<Key, State>;
  /** Number of the change that last set a key. */
  readonly setBy: Map<Key, number>;
  /** Keys that a change is known to touch in a way nobody can predict, with the step of that change. */
  readonly voided: Map<Key, string>;
  /** The latest change with unknown effects. */
  opaque: { readonly id: number; readonly step: string } | undefined;
  /** Every planned change that alters something: its key and step. */
  readonly changed: { readonly key: Key; readonly step: string }[];
}

export function predict(picture: Picture): Prediction {
  return { picture, overlay: new Map(), setBy: new Map(), voided: new Map(), opaque: undefined, changed: [] };
}

/** The predicted state of a key; undefined when it was not read or cannot be read. */
export function stateAt(prediction: Prediction, key: Key): State | undefined {
  const name = canonical(prediction.picture, key);
  return prediction.overlay.get(name) ?? prediction.picture.states.get(name);
}

/** The step whose effects make this key's state a guess; undefined when the prediction is certain. */
export function uncertainty(prediction: Prediction, key: Key): string | undefined {
  const name = canonical(prediction.picture, key);
  const voided = prediction.voided.get(name);
  if (voided !== undefined) return voided;
  // Marks are written by us alone.
  if (!prediction.opaque || keyKind(name) === 'owed') return undefined;
  return (prediction.setBy.get(name) ?? 0) < prediction.opaque.id ? prediction.opaque.step : undefined;
}

/** As {@link uncertainty}, for everything a resource's plan looks at. */
export function uncertainFor(prediction: Prediction, resource: AnyResource): string | undefined {
  if (resource.late) {
    const { after } = resource.late;
    const earlier = prediction.changed.find(
      ({ key }) => after === undefined || after.some((each) => isAt(key, each)),
    );
    if (earlier) return earlier.step;
  }
  const keys = [
    resource.key,
    ...(resource.reads ?? []).map((ref) => ref.key),
    ...(resource.uses ?? []).map((ref) => ref.key),
  ];
  for (const key of keys) {
    const step = uncertainty(prediction, key);
    if (step !== undefined) return step;
  }
  return undefined;
}

/** A place that ends in a slash is a folder with all below it. */
function isAt(key: Key, place: Key): boolean {
  return place.endsWith('/') ? key.startsWith(place) : key === place;
}

/** Lays a planned change over the prediction. */
export function foretell(prediction: Prediction, change: Change): void {
  const { draft } = change;
  const set = (key: Key, state: State): void => {
    const name = canonical(prediction.picture, key);
    prediction.overlay.set(name, state);
    prediction.setBy.set(name, change.id);
    prediction.voided.delete(name);
  };
  set(change.key, draft.after);
  for (const effect of draft.effects) {
    if (effect.to) set(effect.key, effect.to);
    else prediction.voided.set(canonical(prediction.picture, effect.key), change.step);
  }
  for (const { key, state } of draft.likely ?? []) {
    set(key, state);
    prediction.voided.set(canonical(prediction.picture, key), change.step);
  }
  for (const mark of change.owes) set(mark, { exists: true, since: change.id } as State);
  for (const mark of draft.pays ?? []) set(mark, { exists: false, since: 0 } as State);
  if (draft.opaque) prediction.opaque = { id: change.id, step: change.step };
  if (!draft.quiet)
    prediction.changed.push({ key: canonical(prediction.picture, change.key), step: change.step });
}

/** Lays over it what a step will do that nobody can foresee: to this key, or (undefined) to any. `id`: of the next change. */
export function foretellUnknown(
  prediction: Prediction,
  step: string,
  id: number,
  key: Key | undefined,
): void {
  if (key === undefined) prediction.opaque = { id, step };
  else prediction.voided.set(canonical(prediction.picture, key), step);
  prediction.changed.push({
    key: key === undefined ? `step:${step}` : canonical(prediction.picture, key),
    step,
  });
}
