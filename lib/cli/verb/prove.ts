/** `run prove`: a runbook on lab hosts, killed at every change and run again. */
import { flags, takes, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const prove: Verb = {
  name: 'prove',
  summary: [
    [
      'run prove <runbook> <inventory>',
      'on lab hosts: kill it at every change, run it again, compare where it ends',
    ],
  ],
  usage: [
    ['run prove <runbook> lab', 'on hosts as run lab up makes them'],
    ['run prove <runbook> <inventory>', 'on lab hosts that have the names, groups and variables of these'],
    ['run prove … --continue', 'go on where it was stopped'],
    ['run prove … --at 7.middle', 'one trial alone: of change 7, in its middle'],
  ],
  flags: [
    { ...takes('hosts', 'N', 'how many hosts, with the lab’s own inventory (default 2)'), number: true },
    takes('packages', 'NAMES', 'Debian packages that fresh hosts have from the start', undefined, true),
    { ...takes('jobs', 'N', 'trials side by side (default 2)'), number: true, fallback: '2' },
    takes(
      'at',
      'CHANGE',
      'only these: 7, 3-9, 7.middle (began, middle, ended), order, order.2',
      undefined,
      true,
    ),
    { ...takes('orders', 'N', 'other orders of the steps to try (default 3)'), number: true, fallback: '3' },
    { ...takes('sample', 'N', 'only so many trials, chosen by --seed'), number: true },
    { ...takes('seed', 'N', 'which sample (default 1)'), number: true, fallback: '1' },
    yes('continue', 'what was tried already, of the same files, is not tried again'),
    ...flags('project', 'extra-vars'),
    yes('json', 'one JSON line for each trial, and one for the end'),
    ...flags('no-color', 'help'),
  ],
  needsWord: true,
};
