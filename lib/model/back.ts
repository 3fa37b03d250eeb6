/** The way back from a change, and what of our own way to a host it can cut. */
import type { Sh } from '../base/sh.ts';

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
