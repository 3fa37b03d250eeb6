/** `run ping`: whether hosts can be worked on. */
import { HOST_FLAGS } from '../flag-set.ts';
import type { Verb } from '../verb.ts';

export const ping: Verb = {
  name: 'ping',
  summary: [['run ping <inventory>', 'log in, become, read facts: whether hosts can be worked on']],
  usage: [['run ping <inventory> [flags]', 'log in, become, read facts; nothing is touched']],
  flags: HOST_FLAGS,
  needsWord: false,
};
