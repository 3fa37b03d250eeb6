/** What can be wished of a unit. */
import type { Key } from '../../model/key.ts';

export interface ServiceWish {
  readonly enabled?: boolean | undefined;
  readonly running?: boolean | undefined;
  readonly masked?: boolean | undefined;
  /** Keys, or absolute paths of files and folders, after whose change a running unit is restarted. */
  readonly restartOn?: readonly string[] | undefined;
  /** Milliseconds to watch it after a start. Default 2000. */
  readonly settleMs?: number | undefined;
  /** An act: restart, or reload, now. In a handler not when it was (re)started after the notification. */
  readonly act?: 'restart' | 'reload' | undefined;
  /** The handler's mark, for `act`. */
  readonly owed?: Key | undefined;
}
