/** Which states a host's plan rests on: what is compared when a reviewed plan is carried out later. */
import { type Key, keyId, keyKind } from '../../model/key.ts';
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
  // A key that several ask for, one of them for a secret, is a secret's.
  const asked = new Map<Key, { readonly kind: Kind; hint: unknown }>();
  const found = new Map<Key, Counted>();
  for (const { kind, key, hint } of refsCounted(life)) {
    const name = canonical(life.picture, key);
    // A link that leads elsewhere makes another thing of the same name.
    if (name !== key) found.set(key, { counts: { leadsTo: name }, shown: { leadsTo: name } });
    const known = asked.get(name);
    if (!known) asked.set(name, { kind, hint });
    else if (hint !== undefined)
      known.hint = known.hint === undefined ? hint : (known.kind.merge?.(known.hint, hint) ?? known.hint);
  }
  for (const [key, { kind, hint }] of asked) {
    const state = life.picture.states.get(key);
    if (state) found.set(key, counted(kind, state, hint));
  }
  return found;
}

/** Of a state before or after a change: what counts of it, field by field. */
export function countedFields(life: Life, key: Key, state: State): Readonly<Record<string, unknown>> {
  const ref = refsCounted(life).find(({ kind }) => kind.name === keyKind(key));
  return (ref ? counted(ref.kind, state, ref.hint).counts : state) as Readonly<Record<string, unknown>>;
}

/** What may be shown of states, by the kind that reads them. */
export function shownBy(life: Life): (kind: string, state: State, hint?: unknown) => unknown {
  const refs = new Map<string, Ref>();
  for (const ref of refsCounted(life)) if (!refs.has(ref.kind.name)) refs.set(ref.kind.name, ref);
  return (kind, state, hint) => {
    const ref = refs.get(kind);
    return ref ? counted(ref.kind, state, hint).shown : state;
  };
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
