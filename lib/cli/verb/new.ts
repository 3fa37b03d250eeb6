/** `run new`: the beginning of something in the project. */
import { flags } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const newThing: Verb = {
  name: 'new',
  summary: [['run new task <name>', 'begin a task of your own: tasks/NAME.ts and its cases']],
  usage: [
    ['run new task <name>', 'write tasks/NAME.ts and test/cases/NAME.yaml, which run test plays at once'],
  ],
  flags: flags('project', 'help'),
  needsWord: true,
};
