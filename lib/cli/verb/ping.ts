/** `run ping`: whether hosts can be worked on. */
import { flags } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const ping: Verb = {
  name: 'ping',
  summary: [['run ping <inventory>', 'log in, become, read facts: whether hosts can be worked on']],
  usage: [['run ping <inventory> [flags]', 'log in, become, read facts; nothing is touched']],
  flags: flags(
    'inventory',
    'limit',
    'forks',
    'user',
    'private-key',
    'become',
    'become-user',
    'become-method',
    'ask-become-pass',
    'become-password-file',
    'timeout',
    'transport',
    'host-key',
    'list-hosts',
    'json',
    'events',
    'quiet',
    'no-color',
    'project',
    'help',
  ),
  needsWord: false,
};
