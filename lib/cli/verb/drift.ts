/** `run drift`: what differs on hosts from what they were provisioned with. */
import { flags, takes, yes } from '../flag.ts';
import { HOST_FLAGS } from '../flag-set.ts';
import type { Verb } from '../verb.ts';

export const drift: Verb = {
  name: 'drift',
  summary: [
    ['run drift <inventory>', 'what is no more as the runbooks have left it; exit code 2 when something is'],
  ],
  usage: [
    [
      'run drift <inventory> [flags]',
      'all runbooks that each host was last provisioned with; nothing is touched',
    ],
    ['run drift <inventory> --runbook site', 'this runbook, whatever hosts remember'],
    [
      'run drift <inventory> --runbook site --forget',
      'hosts are to forget that they were provisioned with it',
    ],
  ],
  flags: [
    takes('runbook', 'RUNBOOK', 'look at this runbook, whatever hosts remember', undefined, true),
    yes('forget', 'take the records of these runbooks away from the hosts'),
    ...flags('extra-vars', 'diff', 'format', 'verbose'),
    ...HOST_FLAGS,
  ],
  needsWord: false,
};
