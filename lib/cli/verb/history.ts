/** `run history`: the runs of a project that were written down. */
import { flags, takes, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const history: Verb = {
  name: 'history',
  summary: [['run history', 'runs of this project: when, who, what came of them']],
  usage: [
    ['run history', 'the latest 20, a line each'],
    ['run history <runbook>', 'those of one runbook'],
    ['run history --json', 'as JSON'],
  ],
  flags: [
    { ...takes('last', 'N', 'so many of the latest (default 20)'), number: true, fallback: '20' },
    yes('json', 'as JSON'),
    ...flags('project', 'no-color', 'help'),
  ],
  needsWord: false,
};
