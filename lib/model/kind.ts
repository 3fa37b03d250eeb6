/** A kind: how all things of one sort are read in one go. Planning belongs to the resources of the kind. */
import type { Printed } from '../base/bytes.ts';
import type { Sh } from '../base/sh.ts';
import type { Unknown } from '../base/unknown.ts';
import type { Back, Undoing } from './back.ts';
import type { Key } from './key.ts';

/** The state of one key: plain data, compared field by field. Absent is a state of its own, `exists: false`. */
export interface State {
  readonly exists: boolean;
}

/** A key to read, with what the reader may use to send less (a wanted checksum) or needs to know (a guard's text). */
export interface Want<H = unknown> {
  readonly key: Key;
  readonly hint?: H;
  /** Account to read as, where that matters (a guard's command); undefined: the session's own. */
  readonly user?: string;
}

/**
 * What was found under a key. `canonical` is the key's true name where it differs (a resolved path, a unit's Id).
 * `unreadable` says why nothing is known; no plan ever sees it.
 */
export type Reading<S extends State = State> =
  | { readonly key: Key; readonly state: S; readonly canonical?: Key }
  | { readonly key: Key; readonly unreadable: string };

/**
 * How things of one sort are read. One file in lib/resources/ (or a project's own) per kind; kinds need no
 * registration: they arrive with the resources that refer to them.
 */
export interface Kind<S extends State = State, H = unknown> {
  /** The part of the key before the colon. */
  readonly name: string;
  /** Time limit of one batched read, in milliseconds. */
  readonly limitMs: number;
  /** The state of a thing that is not there. */
  readonly absent: S;
  /** Two hints for one key as one (several writers of one file); without it the first hint counts. */
  merge?(a: H, b: H): H;
  /**
   * One POSIX sh snippet that reads all wants, with as few forks as it can. Runs under LC_ALL=C with a fixed
   * PATH, umask 022, stdin from /dev/null, in a subshell of its own. Its stderr is only for the error message.
   */
  read(wants: readonly Want<H>[]): Sh;
  /** The snippet's stdout as one reading per want, in any order. Must not throw on hostile output. */
  parse(out: Printed, wants: readonly Want<H>[]): readonly Reading<S>[];
  /**
   * For plans that are reviewed and carried out later: what of a state has to be the same then (not what changes by
   * itself, as counters do), and what of it may be shown (no secret, and no plain checksum of one). Default: all of it.
   */
  review?(state: S, hint?: H): { readonly counts: unknown; readonly shown: unknown };
  /** Of what was shown of a state before a change: what its way back leads to. Default: all of it. */
  restored?(shown: S): Partial<S>;
  /**
   * How the host itself takes back an undo of this key that has cut us off, where the state tells that or the host can
   * keep it. Without it another run of the runbook brings it there.
   */
  forth?(key: Key, undoing: Undoing<S, H>): Back | undefined;
  /** What of a state may stand in a bundle of `run facts`, and how it answers other hints. Default: all, to the same hint. */
  readonly keep?: Keep<S, H>;
}

// biome-ignore lint/suspicious/noExplicitAny: the one erased type, as in lists of resources
export type AnyKind = Kind<any, any>;

/** For states that are kept in a file, and planned on later without the host (`run facts --out`). All are optional. */
export interface Keep<S extends State = State, H = unknown> {
  /** What to ask with instead, so that also a wish that has changed since can be planned on what is found. */
  ask?(hint: H | undefined): H | undefined;
  /**
   * Fields of the state that must not be kept: secrets, and plain checksums of such. `all`: nothing of it may be.
   * `open`: what is wanted is not known yet, and may be a secret.
   */
  secret?(state: S, hint: H | undefined, open: boolean): readonly string[] | 'all';
  /**
   * From a state that was read with `asked`, the one that a read with `wanted` would have found; undefined: that
   * cannot be told. Without it only the same hint, or none, is answered.
   */
  answer?(state: S, asked: H | undefined, wanted: H | undefined): S | undefined;
  /** The state of a key that nobody read, where those of others tell it. `at` gives undefined for what was not read. */
  infer?(key: Key, at: (key: Key) => State | undefined): S | undefined;
}

/** A key together with the kind that reads it. */
export interface Ref<S extends State = State, H = unknown> extends Want<H> {
  readonly kind: Kind<S, H>;
  /** Time limit of reading it, in milliseconds, instead of the kind's. */
  readonly limitMs?: number;
}

/** The predicted state of another key while a plan is made; undefined when nobody asked for that key to be read. */
export type At = <S extends State = State>(key: Key) => S | Unknown | undefined;

/**
 * A kind of a project's own: the object itself, with its types inferred. Where it is defined is kept, so that an error
 * in what it reads can name the file and line.
 */
export function defineKind<S extends State, H = unknown>(kind: Kind<S, H>): Kind<S, H> {
  const origin: KindOrigin = { defined: new Error(`kind "${kind.name}" is defined here`) };
  if (Object.isExtensible(kind)) Object.defineProperty(kind, ORIGIN, { value: origin });
  return kind;
}

/** Engine and project may have loaded this module twice: the mark is one for both. */
const ORIGIN = Symbol.for('tightbeam.kind');

/** Where a kind of a project comes from. */
export interface KindOrigin {
  /** Its stack begins in defineKind, and goes on where that was called. */
  readonly defined: Error;
  /** `tasks/disk_space.ts:9:19`: where in the project's sources an error was thrown. Set by the loader. */
  placeOf?: (error: unknown) => string | undefined;
  /** Where it is defined, once somebody has asked. */
  place?: string;
}

/** Undefined for kinds of the engine itself. */
export function kindOrigin(kind: Kind): KindOrigin | undefined {
  return (kind as { readonly [ORIGIN]?: KindOrigin })[ORIGIN];
}

/** Where a project's kind is defined; undefined for others, and where nobody can tell. */
export function kindPlace(kind: Kind): string | undefined {
  const origin = kindOrigin(kind);
  if (origin && origin.place === undefined) {
    const place = origin.placeOf?.(origin.defined);
    if (place !== undefined) origin.place = place;
  }
  return origin?.place;
}
