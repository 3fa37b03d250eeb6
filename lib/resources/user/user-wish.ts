/** What can be wished of a user. */
import type { Secret } from '../../base/secret.ts';

export interface UserWish {
  readonly state: 'present' | 'absent';
  readonly uid?: number | undefined;
  /** Name of the primary group; undefined: one of the user's own name. */
  readonly group?: string | undefined;
  /** Supplementary groups by name. */
  readonly groups?: readonly string[] | undefined;
  /** True: `groups` are all of them, others are left. Default false: they are added. */
  readonly exactGroups?: boolean | undefined;
  readonly shell?: string | undefined;
  readonly home?: string | undefined;
  /** Make the home folder when the user is created. Default: unless `system`. */
  readonly createHome?: boolean | undefined;
  /** Take the number from the range of system users when one has to be chosen. */
  readonly system?: boolean | undefined;
  readonly comment?: string | undefined;
  /** A crypt hash, never the password itself. */
  readonly password?: Secret | undefined;
  readonly locked?: boolean | undefined;
  /** With `absent`: delete the home folder and the mail too. Default false. */
  readonly removeHome?: boolean | undefined;
}
