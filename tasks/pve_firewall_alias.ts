/** The task `pve_firewall_alias`: a name for an address or a network in rules. */
import { defineTask } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { call } from '../lib/resources/pve/pve-call.ts';
import { named } from '../lib/resources/pve/pve-named.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

const LIST = { list: '/cluster/firewall/aliases', property: 'name' } as const;

export default defineTask({
  summary: 'A name for an address or a network in the firewall of Proxmox',
  examples: [
    `
- task: pve_firewall_alias
  once: true
  with: { name: roz-wg, cidr: 10.1.0.1 }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['name', 'cidr'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[A-Za-z][A-Za-z0-9_-]{1,63}$',
        $comment: 'must be 2 to 64 letters, digits, - and _, a letter first',
        description: 'The name.',
      },
      cidr: { type: 'string', minLength: 1, description: 'The address or network.' },
      comment: { type: 'string', description: 'What people read of it.' },
      state: { ...STATE, description: 'Whether it is there.' },
    },
  },
  desire({ name, cidr, comment, state = 'present' }) {
    return [
      named({
        ...LIST,
        noun: 'alias',
        name,
        state,
        fields: { cidr, comment },
        // What it is not told it forgets.
        update: (changed, { comment: kept }) =>
          call('set', `${LIST.list}/${name}`, {
            cidr,
            ...(typeof kept === 'string' ? { comment: kept } : {}),
            ...changed,
          }),
      }),
    ];
  },
});
