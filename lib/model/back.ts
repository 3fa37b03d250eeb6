/** The way back from a change, and what of our own way to a host it can cut. */
import type { Sh } from '../base/sh.ts';
import type { State } from './kind.ts';

/** What of a way to the host a change can cut. */
export type Cut = 'firewall' | 'address' | 'route' | 'sshd' | 'wireguard';

/**
 * The way back from a change, planned together with it: what a revert or an undo runs on the host. Both texts see
 * `$TB_BACKUP`, the same folder for both; they name what they keep there by the key, or by what only this change has.
 */
export interface Back {
  /**
   * Runs right before the change, after its guard: keeps what `restore` needs and no script may hold (secrets, what is
   * known by its checksum alone). With any status but 0 the change is not begun.
   */
  readonly save?: Sh;
  /**
   * Brings the key to its state before, in a shell of its own. It may run twice, and where the change was never or only
   * half made; status 0 says that what it wanted holds. The changes of a host are restored in reverse order. TB_REVERT is
   * set where the host takes back by itself what was just made, and not in an undo.
   */
  readonly restore: Sh;
  /**
   * Run after the `restore` of all changes of the host, in the order of the changes: what must see the files of before,
   * as the restart of a unit does. Under the same rules as `restore`.
   */
  readonly finish?: Sh;
  /** What does not come back by it, for people before it is applied: one line each. */
  readonly leaves?: readonly string[];
}

/** What an undo does to one key, so that its kind can tell the way back from there: an undo can cut us off, too. */
export interface Undoing<S extends State = State, H = unknown> {
  /** What was shown of its state before the run, where the undo leads. */
  readonly before: S;
  readonly state: S;
  readonly hint: H | undefined;
  /** Number of the change, which names what is kept. */
  readonly now: number;
  /** What runs is told of the files of before, once they are back. */
  readonly told: boolean;
}
