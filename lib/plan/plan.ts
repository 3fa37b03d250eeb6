/** What a saved plan holds: the reviews of its hosts, and all that is needed to load the same project again. */
import type { ProvisionOf } from '../model/provision.ts';
import type { HostReview, Print } from '../model/review.ts';

/** One of the files that the project was made from. `path`: see portable-path.ts. */
export type Source =
  | { readonly path: string; readonly text: string }
  /** What is no UTF-8. */
  | { readonly path: string; readonly base64: string }
  /** Looked for, and not read. */
  | { readonly path: string; readonly seen: 'file' | 'folder' | 'other' }
  /** An inventory that a module or a program has made. */
  | { readonly path: string; readonly made: unknown }
  /** What a parameter names: the file, or the folder with all below it. */
  | { readonly path: string; readonly local: readonly LocalSource[] };

/** A file of the control machine that goes to hosts. One of `text`, `base64`, `sha256` and `print`, where it is a file. */
export interface LocalSource {
  /** Within what was named; `` for that itself. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink';
  /** In bytes. */
  readonly size: number;
  readonly mode: string;
  readonly target?: string;
  readonly text?: string;
  readonly base64?: string;
  /** It has to be there when the plan is applied: too long to be kept here. */
  readonly sha256?: string;
  /** The same: it holds what nobody may read here. Of its SHA-256. */
  readonly print?: Print;
}

/** A task of the project: it has to be there when the plan is applied, as it was. */
export interface TaskSource {
  readonly path: string;
  /** SHA-256 of all that it is made from, by path. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** Flags that shape what is done. */
export interface PlanFlags {
  /** Names of hosts; empty: all of the runbook. */
  readonly limit: readonly string[];
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly from?: string;
  readonly only?: readonly string[];
  /** Steps that may do what others protect from, or whose protection is lifted. */
  readonly allow?: readonly string[];
  readonly extraVars: Readonly<Record<string, unknown>>;
  readonly user?: string;
  readonly become: boolean;
  readonly becomeUser?: string;
  readonly becomeMethod?: 'sudo' | 'su' | 'doas';
}

export interface Engine {
  readonly version: string;
  /** SHA-256 of the program, its tasks included. */
  readonly sum: string;
}

export interface Repository {
  readonly commit: string;
  /** There were changes which no commit holds. */
  readonly dirty: boolean;
}

/** The keys stand in the file in this order, `key` and `signature` after them. */
export interface Plan {
  readonly v: 1;
  readonly kind: 'plan';
  readonly engine: Engine;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly expires: string;
  /** Undefined outside of git. */
  readonly repository?: Repository;
  readonly runbook: string;
  readonly inventory: string;
  /** What hosts are left a record of. */
  readonly provision: ReturnType<ProvisionOf>;
  readonly flags: PlanFlags;
  readonly tasks: readonly TaskSource[];
  /** Prints of the values that its secrets had. */
  readonly secrets: Readonly<Record<string, Print>>;
  readonly sources: readonly Source[];
  readonly hosts: readonly HostReview[];
}
