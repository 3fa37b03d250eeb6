/** The task `pve_firewall_ipset`: a set of addresses that rules may name. */
import { defineTask } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { call } from '../lib/resources/pve/pve-call.ts';
import { ipsetMembers, named } from '../lib/resources/pve/pve-named.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

const LIST = { list: '/cluster/firewall/ipset', property: 'name' } as const;

export default defineTask({
  summary: 'A set of addresses of the firewall of Proxmox: exactly these',
  examples: [
    `
- task: pve_firewall_ipset
  once: true
  with: { name: wgpeers, members: [10.1.0.0/24, 10.2.0.0/24] }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[A-Za-z][A-Za-z0-9_-]{1,63}$',
        $comment: 'must be 2 to 64 letters, digits, - and _, a letter first',
        description: 'Name of the set; rules say `+name`.',
      },
      comment: { type: 'string', description: 'What people read of it.' },
      members: {
        type: 'array',
        items: { type: 'string', minLength: 1 },
        description: 'Addresses and networks; one with `!` before it is left out of a greater one.',
      },
      state: { ...STATE, description: 'Whether it is there.' },
    },
  },
  desire({ name, comment, members = [], state = 'present' }) {
    const itself = named({
      ...LIST,
      noun: 'set of addresses',
      name,
      state,
      fields: { comment },
      update: (changed) => call('create', LIST.list, { name, rename: name, ...changed }),
    });
    const wanted = members.map((each) =>
      each.startsWith('!') ? { cidr: each.slice(1), nomatch: true } : { cidr: each },
    );
    return state === 'absent'
      ? [ipsetMembers(name, [], false), itself]
      : [itself, ipsetMembers(name, wanted, true)];
  },
});
