/** `run show`: a run that was written down, told again. */
import { flags } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const show: Verb = {
  name: 'show',
  summary: [['run show <run>', 'a run as it was told: changes, failures, recap']],
  usage: [
    ['run show @last', 'the latest run'],
    ['run show <run>', 'another one, by the beginning of its id, or by what stands after the dash'],
    ['run show @last --diff', 'with the differences'],
    ['run show @last --format markdown', 'in any format of a run'],
  ],
  flags: flags('diff', 'format', 'json', 'events', 'verbose', 'quiet', 'no-color', 'project', 'help'),
  needsWord: true,
};
