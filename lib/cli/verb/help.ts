/** `run help <verb>`: the same as `run <verb> --help`. */
import { flags } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const help: Verb = {
  name: 'help',
  summary: [['run help <verb>', 'how a verb is called, and its flags']],
  usage: [
    ['run help', 'the same as run --help'],
    ['run help <verb>', 'the same as run <verb> --help'],
  ],
  flags: flags('help'),
  needsWord: false,
};
