/** A runbook as the loader hands it to the engine: checked, resolved, expressions compiled. */
import type { Place } from '../base/problem.ts';
import type { Unknown } from '../base/unknown.ts';
import type { Confirm } from './confirm.ts';
import type { Become } from './inventory.ts';
import type { AnyTask } from './task.ts';

/** Names in scope of an expression, as plain data (design: host, vars, facts, steps, hosts, groups, secrets, run). */
export type Scope = Readonly<Record<string, unknown>>;

/** A use of another step's output, or of a host's facts, found in an expression without running it. */
export type Reference =
  | {
      readonly kind: 'output';
      readonly step: string /** undefined: this host; `*`: cannot be told */;
      readonly host?: string;
    }
  | { readonly kind: 'facts'; readonly host?: string };

/** A value of a runbook with its expressions still in it. */
export interface Template {
  /** Unknown when it rests on something unknown; throws RunError `failed` with the place when it cannot be evaluated. */
  evaluate(scope: Scope): unknown | Unknown;
  readonly references: readonly Reference[];
  /** True when there is no expression inside: the same everywhere. */
  readonly constant: boolean;
  readonly place: Place;
  /** Where the value under these keys stands; the nearest thing above it where it is not written out. */
  locate(path: readonly (string | number)[]): Place;
}

/** `needs: [x]`, `x@all`, `x@group`, `x@host`, resolved: the hosts whose step is waited for; 'same' is this host. */
export interface Need {
  readonly step: string;
  readonly hosts: 'same' | readonly string[];
  /** Where that step is carried out once for several hosts: by whom for whom. Said of 'same' alone. */
  readonly actors?: ReadonlyMap<string, string>;
  readonly place: Place;
  /** Why, where the runbook does not say it itself: it stands before it in the file, or its output is used. */
  readonly by?: 'order' | 'uses';
}

/** A step that is carried out for several things: its resources are those of all of them. */
export interface Foreach {
  /** Comes to a list or a map. */
  readonly items: Template;
  /** Whether `when` and `vars` are asked for each item: where they look at it. */
  readonly when: boolean;
  readonly vars: boolean;
}

/** The hosts on which a step of this host waits for the other. */
export function hostsAwaited({ hosts, actors }: Need, host: string): readonly string[] {
  return hosts === 'same' ? [actors?.get(host) ?? host] : hosts;
}

/** True when it may be about another host than the one that waits. */
export function reachesOut({ hosts, actors }: Need): boolean {
  return hosts !== 'same' || actors !== undefined;
}

/** The host that carries the step out where it counts for this one. */
export function actorFor({ actors }: Step, host: string): string {
  return actors?.get(host) ?? host;
}

/** Variables of a step, of groups around it, inputs of a runbook that is imported. */
export interface StepNames {
  /** From the scope of a host: what is in it is looked up when it is asked for. */
  enter(base: Scope): Scope;
  readonly references: readonly Reference[];
}

/** Things by name, key or path; `all`: whatever the step wants. */
export interface Protection {
  readonly names: 'all' | readonly string[];
  readonly place: Place;
}

export interface Step {
  readonly id: string;
  readonly name?: string;
  readonly taskName: string;
  readonly task: AnyTask;
  /** Parameters: a map, from the scope of a host; secrets appear as Secret values after evaluation. */
  readonly with: Template;
  /** Names that its templates see beyond those of its host, for tasks that hand them on; undefined: none. */
  readonly scope?: StepNames;
  readonly when?: Template;
  readonly foreach?: Foreach;
  /** Hosts that carry it out: the runbook's, narrowed by the step's own `hosts` and `once`. Not narrowed by --limit. */
  readonly hosts: ReadonlySet<string>;
  /** With `once`: hosts it counts for, each with the one that carries it out for it. */
  readonly actors?: ReadonlyMap<string, string>;
  /** Explicit and implied (the step before it on its host). For handlers: none. */
  readonly needs: readonly Need[];
  readonly tags: readonly string[];
  readonly become?: Become | false;
  /** Time limit of each of its changes, in milliseconds. */
  readonly timeoutMs?: number;
  /** Environment of its commands and changes: a map; secrets appear as Secret values after evaluation. */
  readonly env?: Template;
  /** How often what fails is tried again, and how long after, in milliseconds. */
  readonly retry?: { readonly times: number; readonly delayMs: number };
  /** Of the hosts of a run at most `max` at a time write steps of this name. */
  readonly lock?: { readonly name: string; readonly max: number };
  /** Asked of the outputs (`outputs` in its scope) once the step is carried out: anything but true is a failure. */
  readonly until?: Template;
  /** Why a failure counts as met. */
  readonly ignoreErrors?: string;
  /** What no step of the run may delete, stop or restart unless --allow says so. */
  readonly protect?: Protection;
  /**
   * After how many milliseconds its changes are taken back unless a new login succeeds; off: never. `own`: it says so
   * itself, and not what is around it.
   */
  readonly confirm?: { readonly time: Confirm; readonly own: boolean };
  /** Ids of handlers. */
  readonly notify: readonly string[];
  readonly place: Place;
  /** Hosts on which the task's check could not be decided before connecting: it is asked again when more is known. */
  readonly checkAgain: ReadonlySet<string>;
}

/** Steps that are carried out on some hosts after the other. */
export interface Rollout {
  /** Ids of steps and handlers. */
  readonly steps: ReadonlySet<string>;
  /** Hosts that may be changed and carry out any of them, in the order of the inventory. */
  readonly batches: readonly (readonly string[])[];
  /** When more hosts than that have failed, were locked or could not be reached, no further batch begins. */
  readonly maxFailures: number;
  readonly place: Place;
}

export interface Runbook {
  readonly name: string;
  /** Absolute path of the file. */
  readonly path: string;
  readonly hosts: readonly string[];
  /** Steps in the order of the file. */
  readonly steps: readonly Step[];
  readonly handlers: readonly Step[];
  readonly vars: Template;
  /** `secrets:` of runbook and inventory, fetched: name to Secret. */
  readonly secrets: Readonly<Record<string, import('../base/secret.ts').Secret>>;
  /** Those that were not fetched, where a plan goes on without them. */
  readonly unknownSecrets?: Readonly<Record<string, import('../base/unknown.ts').Unknown>>;
}

/** What a run works on: everything that can be known before the first connection. */
export interface Project {
  /** Absolute. */
  readonly root: string;
  readonly inventory: import('./inventory.ts').Inventory;
  readonly runbook: Runbook;
  /** Hosts that may be changed, in inventory order. */
  readonly limit: ReadonlySet<string>;
  /** Steps left out by --tags, --skip-tags and --from. */
  readonly leftOut: ReadonlySet<string>;
  readonly rollouts: readonly Rollout[];
  /** Steps that --allow names. */
  readonly allowed: ReadonlySet<string>;
  readonly extraVars: Readonly<Record<string, unknown>>;
}
