/** `run diff`: what two runs did differently. */
import { flags, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const diff: Verb = {
  name: 'diff',
  summary: [['run diff <run> <run>', 'what two runs did differently']],
  usage: [
    ['run diff <run> <run>', 'changes, steps and files of the project that differ'],
    ['run diff <run> @last', 'against the latest'],
  ],
  flags: [yes('json', 'as JSON'), ...flags('project', 'no-color', 'help')],
  needsWord: true,
};
