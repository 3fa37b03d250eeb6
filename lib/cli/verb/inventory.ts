/** `run inventory`: what an inventory comes to. */
import { flags, takes, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const inventory: Verb = {
  name: 'inventory',
  summary: [['run inventory <inventory>', 'its hosts and groups, and all that a host has']],
  usage: [
    ['run inventory <inventory>', 'a line for each host'],
    ['run inventory <inventory> --graph', 'groups with their hosts, as a tree'],
    ['run inventory <inventory> --host roz', 'how it is reached, and each of its variables with its place'],
    ['run inventory <inventory> --json', 'all of it as one JSON object'],
  ],
  flags: [
    yes('graph', 'groups as a tree'),
    takes('host', 'HOST', 'everything about this host'),
    yes('json', 'as JSON, secrets by their names alone'),
    ...flags('limit', 'inventory', 'project', 'no-color', 'help'),
  ],
  needsWord: false,
};
