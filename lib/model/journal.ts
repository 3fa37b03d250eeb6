/** What a run writes down beside what it tells: before a host is written, what is about to happen; then, how it ended. */
import type { ChangeHead } from './change-head.ts';
import type { Cut } from './resource.ts';

/** A change that is about to be made. Plain data, without a secret in it. */
export interface Intended extends ChangeHead {
  /** The account that runs it; undefined: the session's own. */
  readonly user?: string;
  /** What may be shown of the states, as the kind has it. A field known after the apply alone is `{ $unknown: why }`. */
  readonly before: unknown;
  readonly after: unknown;
  /** The text that brings it back, where there is one and no secret is in it. */
  readonly restore?: string;
  /** What has to be run once all is restored. */
  readonly finish?: string;
  /** It needs what the change has kept on the host. */
  readonly saves?: true;
  readonly cuts?: Cut;
  /** What else it has changed nobody can list. */
  readonly opaque?: true;
  /** What the key was read with. */
  readonly hint?: unknown;
  /** There is such a text, and a secret is in it. */
  readonly restoreHidden?: true;
  /** What does not come back by it, one line each. */
  readonly leaves?: readonly string[];
  /** It has no state to prove: what is done twice is done twice. */
  readonly act?: true;
  readonly quiet?: true;
}

/** How a change has ended on the host. */
export interface ChangeEnd {
  readonly id: number;
  /** done: rc tells. drifted: its guard said no. hung: over its limit, ended by us. lost: begun, and its end is unknown. */
  readonly ended: 'done' | 'drifted' | 'locked_out' | 'hung' | 'lost' | 'not_run';
  readonly rc: number;
  /** What an act has printed, as latin1: nobody can read it again. */
  readonly stdout?: string;
  /** A secret was in it, and was taken out. */
  readonly stdoutHidden?: true;
}

/** The state of a key after a stretch, by the number of the last change of it. */
export interface Found {
  readonly id: number;
  /** What may be shown of it; left out where it is just what was planned. */
  readonly state?: unknown;
}

/** Where a run writes it. */
export interface Journal {
  /**
   * Before a stretch is sent. Resolves once it is on the disk; rejects with RunError `failed` when it cannot be
   * written: then nothing may be sent to any host any more.
   */
  intend(host: string, stretch: number, changes: readonly Intended[]): Promise<void>;
  /** A stretch goes to the host now. `top`: the highest number drawn of its lock by then, as far as is known. */
  sent(host: string, stretch: number, top: number | undefined): void;
  /** Told of each change as its end becomes known. */
  ended(host: string, end: ChangeEnd): void;
  /** Told of a stretch once it was read again. */
  found(host: string, states: readonly Found[]): void;
  /** Before the host throws away what it knows of a stretch: resolves once the ends are on the disk. Never rejects. */
  kept(): Promise<void>;
  /** The host's part is over, and its session closed. */
  done(host: string, unfinished: boolean): void;
}
