/** What the loader is given: everything it would otherwise have to ask the process for. */
import type { Secret } from '../../base/secret.ts';
import type { AnyTask } from '../../model/task.ts';
import type { Disk } from './disk.ts';

/** Task names to what loads them. */
export type TaskTable = ReadonlyMap<string, () => Promise<AnyTask>>;

export interface LoadInput {
  /** Absolute. */
  readonly cwd: string;
  /** `provision`, or a path to a runbook file. */
  readonly runbook: string;
  /** A path to an inventory file or folder, or a name below `<root>/inventory`. */
  readonly inventory: string;
  /** True: the runbook alone is checked, as far as that goes without hosts; `inventory` is not looked at. */
  readonly withoutInventory?: boolean;
  /** True: what is odd is looked for as well, for the report's warnings. */
  readonly lint?: boolean;
  /** The project's root when it is not to be looked for. */
  readonly project?: string;
  readonly limit: readonly string[];
  /** Hosts beside which none may be changed, whatever `limit` says. */
  readonly within?: readonly string[];
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  /** Id of the first step that is not left out. */
  readonly from?: string;
  /** Ids of the steps that are not left out; commas separate them. Empty: all. */
  readonly only?: readonly string[];
  /** Ids of steps whose protection is lifted, or that may do what another one protects from; commas separate them. */
  readonly allow?: readonly string[];
  /** `k=v`, a YAML or JSON map, or `@file`. */
  readonly extraVars: readonly string[];
  readonly builtinTasks: TaskTable;
  /** The folder of the built-in tasks when they run from source: a project that is that checkout loads each once. */
  readonly builtinFolder?: string;
  /** URL of the running engine's index module: what `import … from 'tightbeam'` of the user's tasks means. */
  readonly engineUrl: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where files are read from; undefined: this machine's disk. */
  readonly disk?: Disk | undefined;
  /** Home folder, for `~/`. */
  readonly home: string;
  /** False: secrets are checked but not fetched (`--list-steps`); they evaluate to an empty secret. Default true. */
  readonly fetchSecrets?: boolean;
  /** Told of all that were fetched before any of them is used. */
  secretsKnown?(secrets: readonly Secret[]): void;
  /** True, where they are not fetched: each is a value that is not known (a plan on recorded states). */
  readonly unknownSecrets?: boolean;
}
