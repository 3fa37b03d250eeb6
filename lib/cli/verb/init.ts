/** `run init`: a project that runs. */
import { flags } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const init: Verb = {
  name: 'init',
  summary: [['run init [folder]', 'begin a project: a runbook, inventories, a task, its cases']],
  usage: [
    ['run init', 'begin a project in this folder; files that are there are left alone'],
    ['run init <folder>', 'in that folder, which is made'],
  ],
  flags: flags('help'),
  needsWord: false,
};
