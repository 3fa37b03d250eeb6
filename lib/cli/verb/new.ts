/** `run new`: the beginning of something in the project. */
import { flags } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const newThing: Verb = {
  name: 'new',
  summary: [
    ['run new task <name>', 'begin a task of your own: tasks/NAME.ts and its cases'],
    ['run new policy <name>', 'begin a policy, which may refuse plans: policies/NAME.ts'],
  ],
  usage: [
    ['run new task <name>', 'write tasks/NAME.ts and test/cases/NAME.yaml, which run test plays at once'],
    ['run new policy <name>', 'write policies/NAME.ts, which sees every plan before it is carried out'],
  ],
  flags: flags('project', 'help'),
  needsWord: true,
};
