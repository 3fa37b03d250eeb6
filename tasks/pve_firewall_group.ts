/** The task `pve_firewall_group`: a group of rules that stands in one place and is used in many. */
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { call } from '../lib/resources/pve/pve-call.ts';
import { named, namedRef } from '../lib/resources/pve/pve-named.ts';
import { RULE_PARAMS, ruleFaults } from '../lib/resources/pve/pve-rule-params.ts';
import { firewallRules } from '../lib/resources/pve/pve-rules.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

const LIST = { list: '/cluster/firewall/groups', property: 'group' } as const;

export default defineTask({
  summary: 'A security group of the firewall of Proxmox, with its rules in order',
  examples: [
    `
- task: pve_firewall_group
  once: true
  with:
    name: sdn
    comment: what the overlay needs
    rules:
      - { type: in, action: ACCEPT, proto: udp, dport: "51820", comment: WireGuard }
      - { type: in, action: ACCEPT, proto: tcp, dport: "179", source: 10.2.0.0/24, comment: BGP }
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
        pattern: '^[A-Za-z][A-Za-z0-9_-]{1,17}$',
        $comment: 'must be 2 to 18 letters, digits, - and _, a letter first',
        description: 'Name of the group.',
      },
      comment: { type: 'string', description: 'What people read of it.' },
      rules: {
        ...RULE_PARAMS,
        description: 'Its rules, the first that fits counts. The group is ours: others go.',
      },
      state: { ...STATE, description: 'Whether it is there.' },
    },
  },
  check({ rules }): readonly ParamFault[] {
    return ruleFaults(rules, 'group');
  },
  desire({ name, comment, rules = [], state = 'present' }) {
    const itself = named({
      ...LIST,
      noun: 'security group',
      name,
      state,
      fields: { comment },
      // A group is renamed to itself to get another comment.
      update: (changed) => call('create', LIST.list, { group: name, rename: name, ...changed }),
    });
    const inside = firewallRules(`${LIST.list}/${name}`, {
      owner: undefined,
      rules: state === 'absent' ? [] : rules,
      foreign: 'keep',
      place: 'top',
      uses: state === 'absent' ? [] : [namedRef({ ...LIST, name })],
    });
    // Rules go before their group does.
    return state === 'absent' ? [inside, itself] : [itself, inside];
  },
});
