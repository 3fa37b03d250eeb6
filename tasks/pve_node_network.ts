/** The task `pve_node_network`: interfaces of a Proxmox node, and the reload that brings them up. */
import { parseAddress, parseCidr } from '../lib/base/ip-address.ts';
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { nodeInterface } from '../lib/resources/pve/pve-interface.ts';
import { networkReload } from '../lib/resources/pve/pve-network-reload.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

const NAME = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9_]{1,14}([.:][0-9]{1,4})?$',
  maxLength: 15,
  $comment: 'must be 2 to 15 letters, digits and _, a letter first; a VLAN may be NAME.TAG',
} as const;

const NAMES = { type: 'array', uniqueItems: true, items: NAME } as const;

export default defineTask({
  summary: 'Bridges, VLANs, bonds and MTUs of a Proxmox node; reloads its network where something changed',
  examples: [
    `
- task: pve_node_network
  with:
    interfaces:
      - { name: eno2, type: eth, mtu: 9000 }
      - { name: vmbr1, type: bridge, ports: [eno2], mtu: 9000, vlan_aware: true }
      - { name: vmbr1.20, type: vlan, device: vmbr1, vlan_id: 20, cidr: 10.20.0.1/24 }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['interfaces'],
    properties: {
      interfaces: {
        type: 'array',
        minItems: 1,
        description:
          'In this order: what others stand on comes before them. What is not named of an interface stays as it is.',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['name', 'type'],
          properties: {
            name: { ...NAME, description: 'Its name.' },
            type: {
              enum: ['bridge', 'bond', 'vlan', 'eth'],
              description: 'What it is; eth is a network card.',
            },
            cidr: {
              type: 'string',
              minLength: 1,
              description: 'Address with prefix: `10.0.0.1/24`; `none`: none.',
            },
            gateway: {
              type: 'string',
              minLength: 1,
              description: 'Gateway of the default route; `none`: none.',
            },
            cidr6: { type: 'string', minLength: 1, description: 'IPv6 address with prefix; `none`: none.' },
            gateway6: { type: 'string', minLength: 1, description: 'Gateway for IPv6; `none`: none.' },
            mtu: {
              type: 'integer',
              minimum: 1280,
              maximum: 65520,
              description: 'MTU in bytes; 9000 for jumbo frames.',
            },
            autostart: { type: 'boolean', default: true, description: 'Whether it comes up at boot.' },
            ports: { ...NAMES, description: 'Of a bridge and a bond: exactly these interfaces.' },
            vlan_aware: { type: 'boolean', description: 'Of a bridge: whether it knows VLANs.' },
            vids: {
              type: 'string',
              pattern: '^[0-9]+(-[0-9]+)?( [0-9]+(-[0-9]+)?)*$',
              $comment: 'must be VLANs and ranges, with spaces between them: `2-4094`, `10 20-29`',
              description: 'Of a bridge that knows VLANs: which.',
            },
            device: { ...NAME, description: 'Of a VLAN: what it stands on.' },
            vlan_id: { type: 'integer', minimum: 1, maximum: 4094, description: 'Of a VLAN: its tag.' },
            bond_mode: {
              enum: [
                'balance-rr',
                'active-backup',
                'balance-xor',
                'broadcast',
                '802.3ad',
                'balance-tlb',
                'balance-alb',
              ],
              description: 'Of a bond: its mode.',
            },
            bond_primary: { ...NAME, description: 'Of a bond of mode active-backup: the first choice.' },
            bond_hash: {
              enum: ['layer2', 'layer2+3', 'layer3+4'],
              description: 'Of a bond: what spreads the traffic.',
            },
            comment: { type: 'string', description: 'What people read of it.' },
            state: { ...STATE, description: 'Whether it is there.' },
          },
        },
      },
      reload: {
        type: 'boolean',
        default: true,
        description:
          'Whether the network of the node is reloaded where something waits for it; false: it waits.',
      },
      allow_lockout: {
        type: 'boolean',
        default: false,
        description:
          'Whether the address or the default route of the node may go, and the interfaces that carry them.',
      },
    },
  },
  check({ interfaces }) {
    if (!Array.isArray(interfaces)) return [];
    return interfaces.flatMap((each, index) =>
      faultsOf(each).map(({ path, ...fault }) => ({ path: ['interfaces', index, ...path], ...fault })),
    );
  },
  desire({ interfaces, reload = true, allow_lockout: lockout = false }, { host }) {
    const reached = host.address;
    return [
      ...interfaces.map(({ state = 'present', ...each }) =>
        nodeInterface({ ...each, state }, { lockout, reached }),
      ),
      ...(reload ? [networkReload({ lockout })] : []),
    ];
  },
});

/** Which types have a setting. */
const OF: Readonly<Record<string, readonly string[]>> = {
  ports: ['bridge', 'bond'],
  vlan_aware: ['bridge'],
  vids: ['bridge'],
  device: ['vlan'],
  vlan_id: ['vlan'],
  bond_mode: ['bond'],
  bond_primary: ['bond'],
  bond_hash: ['bond'],
};

function faultsOf(each: Readonly<Record<string, unknown>>): readonly ParamFault[] {
  const { type, name, state } = each;
  const faults: ParamFault[] = [];
  const add = (path: ParamFault['path'], message: string, hint: string): void => {
    faults.push({ path, message, hint });
  };
  for (const [setting, types] of Object.entries(OF))
    if (each[setting] !== undefined && typeof type === 'string' && !types.includes(type))
      add(
        [setting],
        `an interface of type ${type} has no ${setting}`,
        `leave it out, or set type: ${types[0]}`,
      );
  if (state === 'absent') {
    if (type === 'eth')
      add(['state'], `${String(name)} is a network card, which cannot be taken away`, 'leave it out');
    return faults;
  }
  for (const [setting, version] of [
    ['cidr', 4],
    ['cidr6', 6],
  ] as const) {
    const value = each[setting];
    if (typeof value !== 'string' || value === 'none') continue;
    if (!value.includes('/') || parseCidr(value)?.version !== version)
      add(
        [setting],
        `"${value}" is no IPv${version} address with a prefix`,
        version === 4 ? 'write it as 10.0.0.1/24' : 'write it as fd00::1/64',
      );
  }
  for (const [setting, version] of [
    ['gateway', 4],
    ['gateway6', 6],
  ] as const) {
    const value = each[setting];
    if (typeof value !== 'string' || value === 'none') continue;
    if (parseAddress(value)?.version !== version)
      add([setting], `"${value}" is no IPv${version} address`, 'write the address of the gateway');
  }
  if (type === 'vlan' && typeof name === 'string' && !/[.]\d+$/.test(name)) {
    if (each.device === undefined)
      add([], `the VLAN ${name} stands on nothing`, 'set device, or name it DEVICE.TAG');
    if (each.vlan_id === undefined && !/^vlan\d+$/.test(name))
      add([], `the VLAN ${name} has no tag`, 'set vlan_id, or name it DEVICE.TAG or vlanTAG');
  }
  const [, device, tag] = typeof name === 'string' ? (/^(.+)[.](\d+)$/.exec(name) ?? []) : [];
  if (type === 'vlan' && device !== undefined) {
    if (each.device !== undefined && each.device !== device)
      add(
        ['device'],
        `${String(name)} stands on ${device} by its name`,
        `set device: ${device}, or name it otherwise`,
      );
    if (each.vlan_id !== undefined && each.vlan_id !== Number(tag))
      add(
        ['vlan_id'],
        `${String(name)} has the tag ${tag} by its name`,
        `set vlan_id: ${tag}, or name it otherwise`,
      );
  }
  return faults;
}
