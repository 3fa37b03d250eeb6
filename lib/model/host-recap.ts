/** What is told of a host at the end of a run. */

/** Counts of one host in the recap. In a dry run `changed` counts what would change. */
export interface HostRecap {
  readonly ok: number;
  readonly changed: number;
  readonly failed: number;
  /** Steps that failed and say why that counts as met. */
  readonly ignored: number;
  readonly skipped: number;
  /** Dry run: steps that change nothing as far as can be told, and of which something is known after apply only. */
  readonly later: number;
  /** Steps whose changes were taken back; undefined: none. */
  readonly rolledBack?: number;
  readonly unreachable: boolean;
  /** Another run writes to it, and was not waited for any longer. */
  readonly locked?: true;
  /** Another state was found than its reviewed plan was made on, or a change that the plan does not hold. */
  readonly drifted?: true;
  /** Read for others' sake, outside --limit. */
  readonly readOnly: boolean;
  readonly roundTrips: number;
  /** From the start of its first job to the end of its last, in seconds. */
  readonly seconds: number;
}
