/** `run explain`: where a value comes from. */
import { flags, takes, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const explain: Verb = {
  name: 'explain',
  summary: [
    ['run explain <inventory> <host> <name>', 'every place that sets a variable, and which one wins'],
  ],
  usage: [
    ['run explain <inventory> <host> <variable>', 'every place that sets it, lowest first'],
    ['run explain <inventory> <host> <key>', 'the same of port, become and other keys of a host'],
    [
      'run explain <inventory> <host> <variable> --runbook site -e n=1',
      'with what the runbook and the command line say',
    ],
  ],
  flags: [
    takes('runbook', 'RUNBOOK', 'the runbook whose variables count, too'),
    yes('json', 'as JSON'),
    ...flags('extra-vars', 'inventory', 'project', 'no-color', 'help'),
  ],
  needsWord: true,
};
