/** Stretches that the host takes back by itself unless they are confirmed. */
import type { Sh } from '../base/sh.ts';

/** A way back, as the host keeps it. */
export interface Restore {
  /** Number of the change. */
  readonly id: number;
  readonly restore: Sh;
  readonly finish?: Sh;
  readonly user?: string;
  /** Names of marks that were written for it. */
  readonly owes?: readonly string[];
  /** A shell word: its `$TB_BACKUP`, where that is not the stretch's own. */
  readonly backup?: Sh;
}

/** The stretch is taken back by the host itself unless {@link Session.decide} confirms it in time. */
export interface Confirmation {
  /** From the first write of a change that can cut, or else from the end of the last change. */
  readonly deadlineMs: number;
  /** Changes that the clock stands still for, as long as none that can cut has begun. */
  readonly soft: ReadonlySet<number>;
  /** Changes of earlier stretches that what is made here rests on: they are taken back with it. */
  readonly also: readonly Restore[];
}

/** How a stretch that was to be confirmed has ended. */
export type Decision =
  | { readonly kind: 'confirmed' }
  /** Nobody can tell: the host has neither a record of a revert nor of a confirmation. */
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'reverted';
      /** Who began it: the timer, the script itself after a failure, us, another run, or a boot. */
      readonly by: 'timer' | 'failed' | 'asked' | 'later' | 'boot';
      /** Of changes that had been begun and have a way back, by their numbers. */
      readonly parts: ReadonlyMap<number, Returned>;
      /** The number of the host's lock that it has drawn. */
      readonly number?: number;
      /** Why no new login succeeded, where that was tried. */
      readonly because?: string;
    };

/** What came of one way back. */
export interface Returned {
  /** Status of the restore and of its last part; 0: what was before holds. */
  readonly rc: number;
  /** The last of what it printed, where it failed. */
  readonly output: string;
}
