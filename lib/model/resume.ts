/** What is known of a run that stopped before its end, for one that goes on with it. Plain data. */
import type { ChangeEnd, Intended } from './journal.ts';

/** Of one host that is not finished. */
export interface HostResume {
  /** What was about to be sent to it, in order. */
  readonly stretches: readonly {
    readonly stretch: number;
    /** When it was written down, in milliseconds since 1970 by this machine's clock. */
    readonly at: number;
    readonly changes: readonly Intended[];
    /** It was sent, and the highest number of the host's lock by then. */
    readonly sent?: { readonly top?: number };
  }[];
  /** Ends of changes that are known here, by number; others may be known on the host. */
  readonly ends: ReadonlyMap<number, ChangeEnd>;
}

export interface Resume {
  /** Hosts whose part is over: they are not connected to, and all their steps count as met. */
  readonly finished: ReadonlySet<string>;
  readonly hosts: ReadonlyMap<string, HostResume>;
  /** Steps whose acts are carried out again where nobody knows how they ended. */
  readonly again: ReadonlySet<string>;
}
