/** `run apply`: carries out a saved plan. */
import { flags, yes } from '../flag.ts';
import { WORK_FLAGS } from '../flag-set.ts';
import type { Verb } from '../verb.ts';

export const apply: Verb = {
  name: 'apply',
  summary: [['run apply <plan>', 'carry out a saved plan, exactly as it was reviewed']],
  usage: [
    ['run <runbook> <inventory> --dry-run --out plan.json', 'makes the plan'],
    ['run apply plan.json', 'hosts that are not as they were planned on are left alone: exit 3'],
    ['run apply plan.json --strict', 'one such host, and none is touched'],
    ['run apply plan.json --dry-run', 'look whether it can be applied still'],
  ],
  flags: [
    yes('strict', 'read all hosts first: where one is not as planned or not reached, nothing is written'),
    ...flags('plan-key', 'limit', 'user'),
    ...WORK_FLAGS,
  ],
  needsWord: true,
};
