/** `run graph`: what waits for what in a runbook. */
import { flags, takes, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const graph: Verb = {
  name: 'graph',
  summary: [['run graph <runbook> [inventory]', 'which step waits for which, as text, mermaid, dot or svg']],
  usage: [
    ['run graph <runbook>', 'the steps of a runbook, in the order in which they can be done'],
    ['run graph <runbook> <inventory> --hosts', 'every step on every host'],
    ['run graph <runbook> --format svg > a.svg', 'a picture; mermaid and dot are drawn by other programs'],
  ],
  flags: [
    {
      ...takes('format', 'FORMAT', 'text (default), mermaid, dot or svg'),
      choices: ['text', 'mermaid', 'dot', 'svg'],
    },
    yes('hosts', 'every step on every host, instead of every step once'),
    ...flags('inventory', 'limit', 'tags', 'skip-tags', 'extra-vars', 'project', 'no-color', 'help'),
  ],
  needsWord: true,
};
