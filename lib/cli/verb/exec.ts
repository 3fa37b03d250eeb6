/** `run exec`: one command on many hosts. */
import { flags, takes } from '../flag.ts';
import { HOST_FLAGS } from '../flag-set.ts';
import type { Verb } from '../verb.ts';

export const exec: Verb = {
  name: 'exec',
  summary: [['run exec <inventory> -- <command>', 'one command on many hosts: an act, whatever it does']],
  usage: [
    ['run exec <inventory> [flags] -- uptime', 'a program and its words, each as it is'],
    ["run exec <inventory> --shell 'df | wc -l'", 'a line for /bin/sh of each host'],
    ['run exec <inventory> --limit west -- …', 'on some of the hosts'],
  ],
  flags: [
    takes('shell', 'TEXT', 'a line for /bin/sh instead of the words after --'),
    ...flags('dry-run', 'lock-timeout'),
    ...HOST_FLAGS,
  ],
  needsWord: false,
};
