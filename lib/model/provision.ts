/** What a host says of a runbook that it was provisioned with. No secret is in it: anybody on the host may read it. */

/** The part of a runbook that a run was narrowed to, as it was said. */
export interface Narrowing {
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  readonly from?: string;
  readonly only?: readonly string[];
}

export interface ProvisionRecord {
  readonly v: 1;
  /** `<runbook of this project>` or `<runbook of this project>.<narrowing>`, in hex: the name of its file, too. */
  readonly id: string;
  /** `github.com/acme/fleet`, or the name of the root's folder where no remote is known. */
  readonly project: string;
  /** Path below the project's root. */
  readonly runbook: string;
  readonly name: string;
  /** Path below the project's root. */
  readonly inventory: string;
  /** Name of the host in there. */
  readonly host: string;
  /** ISO 8601, by the clock of the machine that ran it. */
  readonly time: string;
  readonly run: string;
  /** Not the whole runbook was run. */
  readonly narrowed?: Narrowing;
  /** Names of what --extra-vars said. */
  readonly extraVars?: readonly string[];
}

/** What all hosts of a run write down: all but the host and the run. */
export type ProvisionOf = () => Omit<ProvisionRecord, 'v' | 'host' | 'time' | 'run'>;
