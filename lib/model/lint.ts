/** Lints of tasks: what is wrong with a runbook as a whole, and with no step of it alone. */
import type { ProblemCode } from '../base/problem-code.ts';
import type { Item } from './item.ts';

/** What a step is given on a host, or for one of its items there. */
export interface LintUse {
  /** Defaults filled in. What nobody knows yet is Unknown within it, and so are secrets. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Of a step with `foreach`: which of its items. */
  readonly item: Item | undefined;
}

/** A step of one of the tasks that a lint asks for. */
export interface LintStep {
  readonly id: string;
  /** Name of its task. */
  readonly task: string;
  /** Hosts that it counts for, those included for which another one carries it out (`once`). */
  readonly hosts: ReadonlySet<string>;
  /** Whether one host carries it out for those that belong together (`once`). */
  readonly once: boolean;
  /** The host that carries it out for this one. */
  actor(host: string): string;
  /**
   * What it is given there: once, or once for each item; nothing where its condition is false. Undefined where nobody
   * can tell yet, also for a fault that has been told.
   */
  uses(host: string): readonly LintUse[] | undefined;
}

/** A host of the inventory, as far as it is known before connecting. */
export interface LintHost {
  readonly name: string;
  readonly address: string;
  readonly vars: Readonly<Record<string, unknown>>;
}

/** The runbook as lints see it. */
export interface LintView {
  /** Steps and handlers of these tasks that the runbook has, those of imports included, in its order. */
  steps(...tasks: readonly string[]): readonly LintStep[];
  /** All of the inventory. */
  readonly hostNames: readonly string[];
  host(name: string): LintHost | undefined;
  /** Names of the hosts of a group. */
  group(name: string): readonly string[];
}

/** One thing wrong; the same on several hosts is told once, with their names. */
export interface LintFinding {
  readonly code: ProblemCode;
  /** Id of the step, and the way to the parameter from the top of its `with`. */
  readonly step: string;
  readonly path: readonly (string | number)[];
  readonly item: Item | undefined;
  readonly host: string;
  readonly message: string;
  readonly hint: string;
  /** Odd, and not wrong: it ends nothing. */
  readonly warning?: boolean;
}

/** Asked once for a runbook that has a task with it, however many tasks and steps that are. */
export interface Lint {
  /** Tasks that it asks for the steps of: no others can be asked for. */
  readonly tasks: readonly string[];
  /** Pure. Unknown values are to be left alone. */
  find(view: LintView): readonly LintFinding[];
}
