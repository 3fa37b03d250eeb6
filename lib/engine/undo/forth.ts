/** An undo can cut us off as any run: what of it is confirmed by a new login, and how its host takes it back. */
import type { Key } from '../../model/key.ts';
import type { Kind } from '../../model/kind.ts';
import type { Draft, Undoing } from '../../model/resource.ts';
import type { PastChange } from './past-change.ts';

/** Packages may take so long, in milliseconds, and must not be ended in their middle. */
const LONG_MS = 300_000;
const SHORT_MS = 60_000;

export interface Cutting {
  readonly some: boolean;
  /** For a draft that takes these back. */
  of(changes: readonly PastChange[]): Pick<Draft, 'cuts' | 'along'>;
}

/**
 * Where anything of it can cut, all of it is written and confirmed as one: in between, a thing is neither as before nor
 * as after.
 */
export function cutting(all: readonly PastChange[]): Cutting {
  const along = all.some(({ opaque }) => opaque) ? LONG_MS : SHORT_MS;
  const some = all.some(({ cuts }) => cuts !== undefined);
  return {
    some,
    of(changes) {
      const cuts = changes.findLast((change) => change.cuts !== undefined)?.cuts;
      return some ? { along, ...(cuts === undefined ? {} : { cuts }) } : {};
    },
  };
}

/** The way back of the undo itself, where its kind knows one; of the rest that is another run of the runbook. */
export function forth(kind: Kind, key: Key, undoing: Undoing): Pick<Draft, 'inverse' | 'back'> {
  const back = kind.forth?.(key, undoing);
  if (!back) return { inverse: 'no' };
  return { inverse: (back.leaves ?? []).length > 0 ? 'approximate' : 'yes', back };
}
