/** One thing on a host in a desired state, and the change that brings it there. */
import type { Bytes } from '../base/bytes.ts';
import type { Sh } from '../base/sh.ts';
import type { Unknown } from '../base/unknown.ts';
import type { Back, Cut } from './back.ts';
import type { Difference } from './difference.ts';
import type { Key } from './key.ts';
import type { At, Kind, Ref, State } from './kind.ts';

/** A resource cannot be brought to its desired state from the state it is in; says why and what to do. */
export class PlanError extends Error {
  readonly hint: string | undefined;
  /** Set by a check that finds nothing wrong on this host, and suspects another. */
  readonly elsewhere: true | undefined;
  constructor(message: string, hint?: string, elsewhere?: true) {
    super(message);
    this.hint = hint;
    this.elsewhere = elsewhere;
  }
}

/** What a change does to another key; `to: undefined` means that the key must be read again. */
export interface Effect {
  readonly key: Key;
  readonly to?: State;
}

/** What a change does, as people are shown it by a sign: `+` create, `~` update, `-` delete, `!` run, … */
export type Action = 'create' | 'update' | 'delete' | 'run' | 'start' | 'stop' | 'restart' | 'reload';

/** A large file of the control machine that a change needs on the host: sent beside the script, as `$TB_UPLOAD`. */
export interface Upload {
  readonly path: string;
  /** Size in bytes and lower-case hex SHA-256 of what is sent. */
  readonly size: number;
  readonly sha256: string;
}

/** A difference between what is and what should be, and how it is closed. Pure data. */
export interface Draft<S extends State = State> {
  readonly action: Action;
  /** One line without the key: `mode 0644 → 0640`, `install 8.4.4-1.1`. Never holds a secret. */
  readonly summary: string;
  readonly diff: readonly Difference[];
  /** The state that the change leads to. Fields may be Unknown where nobody can know them before. */
  readonly after: S;
  /** The commands. The change has failed unless this text ends with status 0; see lib/remote/apply.ts for its world. */
  readonly run: Sh;
  /**
   * Checks that what the change was computed from still holds. Status 75: it does not, plan again. Any other but 0:
   * that cannot be told, and the change has failed.
   */
  readonly guard?: Sh;
  /** Known effects on other keys, beyond the change's own. */
  readonly effects: readonly Effect[];
  /**
   * Anything else may have changed too: every key that this run has not itself set afterwards (by a change or a
   * known effect) is read again before planning goes on.
   */
  readonly opaque: boolean;
  /**
   * With `opaque`: what some of those keys will probably be, for a dry run to go on with, marked as what may differ.
   * Nothing is written on it: they are read again all the same.
   */
  readonly likely?: readonly { readonly key: Key; readonly state: State }[];
  /** Units this change starts or restarts: watched for `ms` milliseconds before verification. */
  readonly settle?: { readonly unit: string; readonly ms: number };
  /** Marks paid off by this change: removed from the host when it has succeeded. */
  readonly pays?: readonly Key[];
  /** How well {@link back} brings back what was. */
  readonly inverse: 'yes' | 'approximate' | 'no';
  readonly back?: Back;
  /**
   * Tries the change where it hurts nobody, right before it: status 76 where the next login would not get in any more, with
   * the reason in its last line; any other says nothing.
   */
  readonly trial?: Sh;
  /** That the next login would not get in is known without a trial: refused, unless the run is told to do it all the same. */
  readonly lockout?: { readonly message: string; readonly hint: string };
  /** It can cut the connection that it is made over: the host reverts it by itself unless a new login succeeds. */
  readonly cuts?: Cut;
  /**
   * It has the host boot again: carried out once, when the host has booted anew and is up, which may take `timeoutMs`.
   * `delayMs` before `run`. Never a part of what is confirmed by a new login.
   */
  readonly reboots?: { readonly delayMs: number; readonly timeoutMs: number };
  /** It cuts nothing by itself, and is confirmed with what stands beside it: the host waits so many milliseconds for all of it. */
  readonly along?: number;
  /** Though quiet, it is written only when what stands before it has been confirmed. */
  readonly apart?: true;
  /** Time limit of the commands, in milliseconds (default: the step's `timeout`, else one hour). */
  readonly limitMs?: number;
  readonly upload?: Upload;
  /** Its stdout (at most 64 KB) becomes the field `stdout` of the state afterwards: a command's output. */
  readonly captures?: boolean;
  /** It alters nothing and counts as ok, not as changed (a query that a handler runs). */
  readonly quiet?: boolean;
}

/**
 * Changes to other things after which this resource owes an act (a restart, a reload). The engine writes the mark
 * on the host before such a change, so that no failure loses it; the resource's plan sees it as `at(mark)` in the
 * state {@link Owed}.
 */
export interface Debt {
  /** `owed:restart.frr.service` */
  readonly mark: Key;
  readonly because: (key: Key) => boolean;
}

/** State of an `owed:` key. */
export interface Owed extends State {
  /** Number of the latest planned change that caused the debt; 0 when it was found on the host. */
  readonly since: number;
}

/** How a check is waited for where it does not hold yet. A dry run looks once, and says so. */
export interface Awaits<H = unknown> {
  /** For how long, in milliseconds. */
  readonly ms: number;
  /** What its key is read with so that the host itself waits, for so many milliseconds at most. */
  hint(ms: number): H;
}

/** What a resource is on a host: made by tasks, planned by the engine. */
export interface Resource<S extends State = State, H = unknown> extends Ref<S, H> {
  readonly kind: Kind<S, H>;
  readonly key: Key;
  /** What people are shown instead of the key where the key says little (a command's hash). */
  readonly title?: string;
  /** For what people should see by its true name, which only reading tells: the title, given the canonical key. */
  titleOf?(name: Key): string;
  /** Things that must exist by then: the owner of a file, its folder. Absent in the prediction is a planning error. */
  readonly uses?: readonly Ref[];
  /** Other keys that `plan` looks at through `at`. */
  readonly reads?: readonly Ref[];
  readonly debts?: readonly Debt[];
  /** A passage that a later resource of the same key may undo (stop, migrate, start). */
  readonly transient?: boolean;
  /**
   * True for what has to be looked at after everything before it: a guard or a query of a command. Any earlier
   * change of the run makes it stale unless that change touches none of `after` (undefined: any key; one that ends in
   * a slash, `file:/etc/ssh/`: whatever is below it).
   */
  readonly late?: { readonly after?: readonly Key[] };
  /** Set when a part of the desired state is not known yet (content over facts or outputs): read it, do not write it. */
  readonly unknown?: Unknown;
  /**
   * For a check, whose plan never gives a change: what it saw, one line for people, when all is well. A check that
   * does not hold throws {@link PlanError} with the probable cause; together with `late` it looks after what came before.
   */
  observe?(state: S, at: At): string | undefined;
  /** For a check that is waited for; once it has held it is not asked again. */
  readonly awaits?: Awaits<H>;
  /** Which item of a step with `foreach` wants it, for people. */
  readonly item?: string;
  /** An act without a state to prove (a command without a guard): always changed, never verified. */
  readonly act?: boolean;
  /**
   * The change that is needed in this state, or null. Pure, throws {@link PlanError}. `now` is the number that
   * the change would get.
   */
  plan(state: S, at: At, now: number): Draft<S> | null;
}

/** A resource of whatever kind, as `desire` gives a list of them. */
// biome-ignore lint/suspicious/noExplicitAny: the one erased type: lists of resources of different kinds
export type AnyResource = Resource<any, any>;

/** A planned change: a draft with its place in the run. Plain data. */
export interface Change {
  /** Number within the run on this host, from 1. */
  readonly id: number;
  readonly host: string;
  /** Id of the step (or handler) that wants it. */
  readonly step: string;
  readonly key: Key;
  /** What people are shown instead of the key, where the key says little. */
  readonly title?: string;
  /** The key by its true name, where only reading tells that and people should see it. */
  readonly name?: Key;
  /** Which item of a step with `foreach` wants it, for people. */
  readonly item?: string;
  readonly before: State;
  /** What its key is read with, for whoever takes the change back. */
  readonly hint?: unknown;
  readonly draft: Draft;
  /** Marks to write on the host before the change begins. */
  readonly owes: readonly Key[];
  /** The account that runs it; undefined: the session's own. */
  readonly user?: string;
  /** In a dry run: the step on whose unknown effects this prediction rests. */
  readonly mayDiffer?: string;
}

export type { Back, Cut, Undoing } from './back.ts';
export type { At, Bytes, Difference, Kind, Ref, State, Unknown };
