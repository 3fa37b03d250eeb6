/** `run test`: the case files of the project's tasks. */
import { flags, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const test: Verb = {
  name: 'test',
  summary: [['run test [task …]', "play the cases of the project's own tasks; no host is touched"]],
  usage: [
    ['run test', 'play the cases of all tasks in tasks/'],
    ['run test <task> …', 'of these'],
  ],
  flags: [
    yes('json', 'one JSON line for each case, and one for the end'),
    ...flags('project', 'no-color', 'help'),
  ],
  needsWord: false,
};
