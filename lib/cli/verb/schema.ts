/** `run schema`: JSON Schemas, so that editors complete and check runbooks and inventories. */
import { flags, takes } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const schema: Verb = {
  name: 'schema',
  summary: [['run schema [NAME]', 'JSON Schemas for editors, with the tasks of this project']],
  usage: [
    ['run schema', 'write all into .run/schema, where editors look for them'],
    ['run schema runbook', 'print the one of runbooks, the parameters of every task included'],
    ['run schema inventory', 'print the one of inventories'],
    ['run schema config', 'print the one of run.yaml'],
  ],
  flags: [takes('out', 'DIR', 'write into this folder instead'), ...flags('project', 'no-color', 'help')],
  needsWord: false,
};
