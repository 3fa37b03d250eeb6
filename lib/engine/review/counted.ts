/** Which states a host's plan rests on: what is compared when a reviewed plan is carried out later. */
import { type Key, keyId } from '../../model/key.ts';
import type { Kind, Ref, State } from '../../model/kind.ts';
import { owedRef } from '../../resources/owed.ts';
import { type Life, markOf } from '../life.ts';
import { canonical } from '../picture.ts';
import { refsOf } from '../read-batch.ts';
import { eachView } from '../reading.ts';

export interface Counted {
  /** What has to be the same. */
  readonly counts: unknown;
  /** What may be shown of it. */
  readonly shown: unknown;
}

/**
 * States by canonical key. What checks and queries look at (neighbours, counters, a page) changes by itself and is
 * left out, as is what an act without a guard is known by.
 */
export function countedStates(life: Life): ReadonlyMap<Key, Counted> {
  const found = new Map<Key, Counted>();
  for (const ref of refsCounted(life)) {
    const key = canonical(life.picture, ref.key);
    const state = life.picture.states.get(key);
    if (state && !found.has(key)) found.set(key, counted(ref.kind, state, ref.hint));
  }
  return found;
}

function refsCounted(life: Life): readonly Ref[] {
  const refs: Ref[] = [];
  eachView(life, (_, view) => {
    if (view.kind !== 'ready') return;
    for (const resource of view.resources) {
      if (resource.late || resource.observe || resource.act) continue;
      refs.push(...refsOf(resource));
      for (const { mark } of resource.debts ?? []) refs.push(owedRef(keyId(mark)));
    }
  });
  for (const { step, handler } of life.order) if (handler) refs.push(owedRef(keyId(markOf(life, step))));
  return refs;
}

function counted(kind: Kind, state: State, hint: unknown): Counted {
  return kind.review?.(state, hint) ?? { counts: state, shown: state };
}
