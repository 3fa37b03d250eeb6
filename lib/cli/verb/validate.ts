/** `run validate`: everything that is wrong, at once, without touching a host. */
import { flags, takes, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const validate: Verb = {
  name: 'validate',
  summary: [['run validate [runbook] [inventory]', 'check all files, and say everything that is wrong']],
  usage: [
    ['run validate', 'every runbook of the project with every inventory that has its hosts'],
    ['run validate <runbook>', 'this runbook with every inventory that has its hosts'],
    ['run validate <inventory>', 'every runbook with this inventory'],
    ['run validate <runbook> <inventory>', 'what a run would check; no secret is fetched'],
    ['run validate --explain CODE', 'what a code means'],
  ],
  flags: [
    {
      ...takes('format', 'FORMAT', 'text (default), json, github (annotations), or sarif'),
      choices: ['text', 'json', 'github', 'sarif'],
    },
    yes('json', 'the same as --format json'),
    yes('strict', 'warnings count as errors'),
    takes('explain', 'CODE', 'what the code of a problem means'),
    ...flags(
      'inventory',
      'limit',
      'tags',
      'skip-tags',
      'from',
      'only',
      'extra-vars',
      'project',
      'no-color',
      'help',
    ),
  ],
  needsWord: false,
};
