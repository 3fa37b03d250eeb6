/** Checks that hold: what they saw, told once their step has ended well. */
import { unlessUnknown } from '../base/unknown.ts';
import type { Key } from '../model/key.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Life } from './life.ts';
import { atOf } from './plan-resource.ts';
import { type Prediction, stateAt, uncertainFor } from './prediction.ts';

export interface Observed {
  readonly key: Key;
  readonly text: string;
}

/** What the checks among these see; those that look at a guess, or at what nobody knows, have seen nothing yet. */
export function observe(resources: readonly AnyResource[], prediction: Prediction): readonly Observed[] {
  return resources.flatMap((resource) => {
    const state = stateAt(prediction, resource.key);
    if (!resource.observe || !state || uncertainFor(prediction, resource) !== undefined) return [];
    const text = unlessUnknown(() => resource.observe?.(state, atOf(prediction)));
    return typeof text === 'string' ? [{ key: resource.key, text }] : [];
  });
}

export function tellObserved(life: Life, step: string, observed: readonly Observed[]): void {
  for (const { key, text } of observed) {
    life.context.emit({ kind: 'check', host: life.host.name, step, key, text });
  }
}
