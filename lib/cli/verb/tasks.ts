/** `run tasks`: which tasks there are, and what each takes. */
import { flags, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const tasks: Verb = {
  name: 'tasks',
  summary: [['run tasks [task]', 'which tasks there are; the parameters of one, with an example']],
  usage: [
    ['run tasks', 'every task with what it is for, those of this project marked'],
    ['run tasks <task>', 'its parameters, its outputs, an example'],
    ['run tasks --markdown', 'the same of all tasks as a page of documentation'],
  ],
  flags: [
    yes('markdown', 'as a page in Markdown'),
    yes('json', 'as JSON: the summaries, or all that is known of one task'),
    ...flags('project', 'no-color', 'help'),
  ],
  needsWord: false,
};
