/**
 * What a run would do on one host and the states that this rests on: plain data, without a secret in it. A plan file
 * holds it, policies see it, and a run that is bound to a review is compared with it.
 */
import type { ChangeHead } from './change-head.ts';
import type { Key } from './key.ts';
import type { Action } from './resource.ts';

/** A keyed fingerprint of a value, in base64url: equal values have equal prints under one key, and tell nothing else. */
export type Print = string;

/** Makes prints. Secrets within a value count with what they hold. */
export interface Seal {
  /** Of plain data: key order does not matter. */
  print(value: unknown): Print;
  /** Its key is made for one run: nothing that is shown may rest on it, as the next run would show something else. */
  readonly passing?: true;
}

export interface ReviewedChange extends ChangeHead {
  /** Of the state it is planned on. */
  readonly before: Print;
  /** Of each field of the state it leads to; null where that is known after apply only. */
  readonly after: Readonly<Record<string, Print | null>>;
  /** The step on whose effects this prediction rests. */
  readonly mayDiffer?: string;
}

/** What nobody can say before the apply. */
export interface OpenPart {
  readonly step: string;
  /** The resource it is about; undefined: all of the step. */
  readonly key?: Key;
  readonly reason: string;
  readonly place: string;
}

export interface ReviewedStep {
  readonly id: string;
  readonly task: string;
  readonly handler?: true;
  /** Its parameters as far as they are known, secrets as their names. */
  readonly params?: unknown;
}

export interface HostReview {
  readonly host: string;
  /** Steps that apply to it, in order. */
  readonly steps: readonly ReviewedStep[];
  readonly changes: readonly ReviewedChange[];
  readonly open: readonly OpenPart[];
  /** What was read and counts for the plan, by canonical key. `state` is what may be shown of it. */
  readonly states: Readonly<Record<Key, { readonly print: Print; readonly state: unknown }>>;
  /** Its steps that failed already while they were planned, and why. */
  readonly failed: readonly { readonly step: string; readonly message: string }[];
  /** Set when it was not reached: nothing is known of it. */
  readonly unreachable?: string;
}

/** Whether people should look at a change first: what is lost, then what is interrupted. */
export type Weight = 'destructive' | 'restart' | 'plain';

export function weightOf({ action, inverse }: { readonly action: Action; readonly inverse: string }): Weight {
  if (action === 'delete' || action === 'stop') return 'destructive';
  if (action === 'restart') return 'restart';
  return action === 'update' && inverse === 'no' ? 'destructive' : 'plain';
}
