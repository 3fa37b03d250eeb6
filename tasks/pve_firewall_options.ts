/** The task `pve_firewall_options`: switches and policies of the firewall of Proxmox. */
import { defineTask } from '../lib/model/task.ts';
import { firewallOptions } from '../lib/resources/pve/pve-firewall-options.ts';
import { firewallPath, SCOPE_PARAMS, scopeFault } from '../lib/resources/pve/pve-firewall-scope.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

const POLICY = { enum: ['ACCEPT', 'REJECT', 'DROP'] } as const;
const LEVEL = {
  enum: ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug', 'nolog'],
} as const;

/** Options that a scope has. */
const OF_SCOPE: Readonly<Record<string, readonly string[]>> = {
  cluster: ['enable', 'policy_in', 'policy_out', 'policy_forward', 'ebtables', 'log_ratelimit'],
  node: [
    'enable',
    'nftables',
    'log_level_in',
    'log_level_out',
    'log_level_forward',
    'nf_conntrack_max',
    'ndp',
    'nosmurfs',
    'tcpflags',
  ],
  vnet: ['enable', 'policy_forward', 'log_level_forward'],
  vm: [
    'enable',
    'policy_in',
    'policy_out',
    'dhcp',
    'ndp',
    'radv',
    'macfilter',
    'ipfilter',
    'log_level_in',
    'log_level_out',
  ],
};

export default defineTask({
  summary: 'Switches and policies of the firewall of Proxmox: of the cluster, a node, a vnet or a guest',
  examples: [
    `
- task: pve_firewall_options
  with: { scope: node, nftables: true }
`,
    `
- task: pve_firewall_options
  once: true
  with: { enable: true, policy_in: DROP, ebtables: true }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      ...SCOPE_PARAMS,
      enable: { type: 'boolean', description: 'Whether it filters at all.' },
      policy_in: { ...POLICY, description: 'What becomes of packets to it that no rule is for.' },
      policy_out: { ...POLICY, description: 'What becomes of packets from it that no rule is for.' },
      policy_forward: {
        enum: ['ACCEPT', 'DROP'],
        description: 'What becomes of packets through it (nftables alone).',
      },
      ebtables: { type: 'boolean', description: 'Whether frames on bridges are filtered.' },
      nftables: {
        type: 'boolean',
        description: 'Of a node: the firewall that knows forward rules. Guests have to be restarted.',
      },
      log_ratelimit: {
        type: 'string',
        minLength: 1,
        description: 'Most that is logged: `enable=1,rate=1/second,burst=5`.',
      },
      log_level_in: { ...LEVEL, description: 'Level of what is logged of packets to it.' },
      log_level_out: { ...LEVEL, description: 'Level of what is logged of packets from it.' },
      log_level_forward: { ...LEVEL, description: 'Level of what is logged of packets through it.' },
      nf_conntrack_max: {
        type: 'integer',
        minimum: 32768,
        description: 'Of a node: connections that are tracked at most.',
      },
      ndp: { type: 'boolean', description: 'Whether neighbour discovery of IPv6 is let through.' },
      nosmurfs: { type: 'boolean', description: 'Of a node: whether smurf attacks are dropped.' },
      tcpflags: { type: 'boolean', description: 'Of a node: whether odd flags of TCP are dropped.' },
      dhcp: { type: 'boolean', description: 'Of a guest: whether DHCP is let through.' },
      radv: { type: 'boolean', description: 'Of a guest: whether it may announce itself as router.' },
      macfilter: { type: 'boolean', description: 'Of a guest: whether it may use its own MAC alone.' },
      ipfilter: {
        type: 'boolean',
        description: 'Of a guest: whether it may use the addresses of its ipfilter sets alone.',
      },
      allow_lockout: {
        type: 'boolean',
        default: false,
        description: 'Switch it on though no rule lets SSH in.',
      },
    },
  },
  check(params) {
    const { scope = 'cluster' } = params;
    const fault = scopeFault(params);
    if (fault !== undefined) return [{ path: ['scope'], message: fault, hint: 'say which' }];
    const may = OF_SCOPE[scope === 'ct' ? 'vm' : scope] ?? [];
    return optionNames(params).flatMap((name) =>
      may.includes(name)
        ? []
        : [
            {
              path: [name],
              message: `the firewall of scope ${scope} has no option ${name}`,
              hint: `it has ${may.join(', ')}`,
            },
          ],
    );
  },
  desire(params) {
    const fields = Object.fromEntries(
      optionNames(params).map((name) => [
        name,
        (params as Readonly<Record<string, string | number | boolean>>)[name],
      ]),
    );
    return [firewallOptions(firewallPath(params), fields, { lockout: params.allow_lockout ?? false })];
  },
});

function optionNames(params: object): readonly string[] {
  const others = [...Object.keys(SCOPE_PARAMS), 'allow_lockout'];
  return Object.entries(params).flatMap(([name, value]) =>
    value === undefined || others.includes(name) ? [] : [name],
  );
}
