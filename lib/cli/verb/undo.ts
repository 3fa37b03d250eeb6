/** `run undo`: hosts as they were before a run. */
import { flags } from '../flag.ts';
import { HOST_FLAGS } from '../flag-set.ts';
import type { Verb } from '../verb.ts';

export const undo: Verb = {
  name: 'undo',
  summary: [['run undo <run>', 'bring hosts back to what they were before a run']],
  usage: [
    ['run undo @last --dry-run --diff', 'what would be brought back'],
    ['run undo @last', 'lists what cannot come back, and asks'],
    ['run undo <run> --limit west --yes', 'on some of the hosts, without a question'],
  ],
  flags: flags(
    'dry-run',
    'diff',
    'yes',
    'allow-lockout',
    'confirm',
    'lock-timeout',
    'format',
    'verbose',
  ).concat(HOST_FLAGS.filter(({ name }) => name !== 'inventory')),
  needsWord: true,
};
