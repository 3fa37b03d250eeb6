/** The task `pve_firewall_rules`: an ordered list of rules in the firewall of Proxmox. */
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { firewallPath, SCOPE_PARAMS, scopeFault } from '../lib/resources/pve/pve-firewall-scope.ts';
import { RULE_PARAMS, ruleFaults } from '../lib/resources/pve/pve-rule-params.ts';
import { firewallRules } from '../lib/resources/pve/pve-rules.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary: 'Rules of the firewall of Proxmox, in their order: of the cluster, a node, a vnet or a guest',
  examples: [
    `
- task: pve_firewall_rules
  once: true
  with:
    name: admin
    rules:
      - { type: in, action: ACCEPT, macro: SSH, source: 192.168.0.0/16 }
      - { type: in, action: ACCEPT, proto: tcp, dport: "8006", source: 192.168.0.0/16 }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['rules'],
    properties: {
      ...SCOPE_PARAMS,
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9_.-]+$',
        $comment: 'must be letters, digits, ., _ and -',
        default: 'run',
        description:
          'Name of the list: its rules carry it in brackets in their comments, and are known by it.',
      },
      rules: { ...RULE_PARAMS, description: 'The rules, the first that fits counts.' },
      foreign: {
        enum: ['keep', 'refuse'],
        default: 'keep',
        description: 'Rules of others in the same place: left alone, or none may be there.',
      },
      place: {
        enum: ['top', 'bottom'],
        default: 'top',
        description: 'Whether the rules stand before those of others, or behind them.',
      },
      state: { ...STATE, description: 'With absent the rules of this name are taken away.' },
    },
  },
  check(params): readonly ParamFault[] {
    const fault = scopeFault(params);
    const scope = params.scope ?? 'cluster';
    return [
      ...(fault === undefined ? [] : [{ path: ['scope'], message: fault, hint: 'say which' }]),
      ...ruleFaults(params.rules, scope),
    ];
  },
  desire(params) {
    const { name = 'run', rules, foreign = 'keep', place = 'top', state } = params;
    return [
      firewallRules(`${firewallPath(params)}/rules`, {
        owner: name,
        rules: state === 'absent' ? [] : rules,
        foreign,
        place,
      }),
    ];
  },
});
