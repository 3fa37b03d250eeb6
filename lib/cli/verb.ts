/** A word after `run` that is not a runbook: what it is called with and what it takes. Light, as help and completion read all. */
import type { Flag } from './flag.ts';

export interface Verb {
  readonly name: string;
  /** How it is called and what that does, a line each: `['run lab down', 'take everything down']`. */
  readonly usage: readonly (readonly [command: string, does: string])[];
  /** The line or lines of it in `run --help`. */
  readonly summary: readonly (readonly [command: string, does: string])[];
  readonly flags: readonly Flag[];
  /** Called without a word it shows its help. */
  readonly needsWord: boolean;
}
