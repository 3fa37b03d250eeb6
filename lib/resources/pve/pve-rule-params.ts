/** Parameters that describe rules of the firewall of Proxmox, and what it says too late about them, or never. */
import { formatCidr, networkOf, parseCidr } from '../../base/ip-address.ts';
import type { ParamFault } from '../../model/task.ts';
import type { PveRule } from './pve-rule.ts';

const TEXT = { type: 'string', minLength: 1 } as const;

export const RULE_PARAMS = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['type', 'action'],
    properties: {
      type: {
        enum: ['in', 'out', 'forward', 'group'],
        description: 'Direction; group: the rules of a group.',
      },
      action: { ...TEXT, description: 'ACCEPT, DROP, REJECT, or the name of a group.' },
      macro: { ...TEXT, description: 'A macro of Proxmox: SSH, BGP, Ping, Web.' },
      iface: { ...TEXT, description: 'An interface; not within groups.' },
      source: {
        ...TEXT,
        description: 'Where from: a network, a range, a list, an alias, +set, +sdn/vnet-all.',
      },
      dest: { ...TEXT, description: 'Where to, as source.' },
      proto: { ...TEXT, description: 'Protocol: tcp, udp, icmp.' },
      dport: { ...TEXT, description: 'Ports they go to: "22", "80:85", "80,443"; needs proto.' },
      sport: { ...TEXT, description: 'Ports they come from; needs proto.' },
      icmp_type: { ...TEXT, description: 'Type of ICMP.' },
      log: {
        enum: ['nolog', 'emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'],
        description: 'Level at which it is logged.',
      },
      comment: { type: 'string', description: 'What people read of it.' },
      enable: { type: 'boolean', default: true, description: 'Whether it counts.' },
    },
  },
} as const;

/** `scope`: where the rules stand, `group` within a group. */
export function ruleFaults(rules: unknown, scope: string): readonly ParamFault[] {
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((rule: Partial<PveRule>, index) =>
    faultsOf(rule, scope).map(({ path, ...rest }) => ({ path: ['rules', index, ...path], ...rest })),
  );
}

function faultsOf(rule: Partial<PveRule>, scope: string): readonly ParamFault[] {
  const faults: ParamFault[] = [];
  const add = (name: string, message: string, hint: string): void => {
    faults.push({ path: [name], message, hint });
  };
  for (const name of ['dport', 'sport'] as const)
    if (rule[name] !== undefined && rule.proto === undefined)
      add(name, `${name} needs proto`, 'set proto: tcp or udp');
  if (scope === 'group' && rule.iface !== undefined)
    add(
      'iface',
      'rules within a group cannot name an interface',
      'make it a rule of the cluster or of a node',
    );
  if (scope === 'group' && rule.type === 'group')
    add('type', 'groups do not stand within groups', 'name the rules themselves');
  if (scope === 'vnet' && (rule.type === 'in' || rule.type === 'out'))
    add('type', `the firewall of a vnet has no ${rule.type} rules`, 'use forward');
  if (rule.type === 'forward' && rule.action === 'REJECT')
    add('action', 'forward rules cannot REJECT', 'use DROP');
  if (rule.type !== 'group' && typeof rule.action === 'string' && !/^(ACCEPT|DROP|REJECT)$/.test(rule.action))
    add('action', `"${rule.action}" is no action`, 'ACCEPT, DROP or REJECT; a group has `type: group`');
  for (const name of ['source', 'dest'] as const) {
    const wrong = hostBits(rule[name]);
    if (wrong)
      add(name, `${wrong.is} has bits of a host, which Proxmox refuses here`, `write ${wrong.meant}`);
  }
  return faults;
}

function hostBits(text: unknown): { readonly is: string; readonly meant: string } | undefined {
  if (typeof text !== 'string') return undefined;
  for (const each of text.split(',')) {
    const cidr = each.includes('/') ? parseCidr(each.trim()) : undefined;
    if (cidr && formatCidr(networkOf(cidr)) !== formatCidr(cidr))
      return { is: each.trim(), meant: formatCidr(networkOf(cidr)) };
  }
  return undefined;
}
