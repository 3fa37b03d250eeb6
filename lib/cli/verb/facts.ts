/** `run facts`: what hosts are, and the states that runbooks look at, kept for plans made without them. */
import { flags, takes } from '../flag.ts';
import { LOOK_FLAGS } from '../flag-set.ts';
import type { Verb } from '../verb.ts';

export const facts: Verb = {
  name: 'facts',
  summary: [
    ['run facts <inventory>', 'what hosts are; with --out, all that a plan needs, for offline review'],
  ],
  usage: [
    ['run facts <inventory> [flags]', 'the facts of each host, as JSON'],
    [
      'run facts <inventory> --out bundle.json',
      'the states that the runbooks look at, for --dry-run --against bundle.json',
    ],
  ],
  flags: [
    takes('out', 'FILE', 'write a bundle: facts and states, without secrets'),
    takes('runbook', 'NAME', 'read what this runbook looks at (default: each of runbooks/)', undefined, true),
    ...flags('extra-vars'),
    ...LOOK_FLAGS,
  ],
  needsWord: false,
};
