/** `run lab`: real Debian hosts on this machine. */
import { flags, takes, yes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const lab: Verb = {
  name: 'lab',
  summary: [['run lab up|down|status|reboot|clean', 'real Debian hosts on this machine, to try things on']],
  usage: [
    ['run lab up [--hosts N]', 'boot real Debian hosts (roz, wro, …) and write inventory/lab'],
    ['run lab up --driver uml', 'the same, each under a kernel of its own: modules, VRF, a clock (slower)'],
    ['run lab status', 'what is up'],
    ['run lab reboot <host>', 'a true reboot, with a fresh network'],
    ['run lab down', 'take everything down'],
    ['run lab clean', 'remove the cached base system'],
  ],
  flags: [
    takes('hosts', 'N', 'how many hosts (default 2)'),
    {
      ...takes('driver', 'NAME', 'container (default), or uml: each host under a kernel of its own'),
      choices: ['container', 'uml'],
    },
    yes('no-install', 'do not install what is missing: print the command'),
    ...flags('project'),
    yes('json', 'one JSON line'),
    ...flags('no-color', 'help'),
  ],
  needsWord: true,
};
