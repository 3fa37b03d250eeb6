/** The task `pve_sdn_zone`: a zone of the SDN of a Proxmox cluster. */
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { withExit } from '../lib/resources/pve/pve-exit.ts';
import { sdnObject } from '../lib/resources/pve/pve-sdn.ts';
import { addressFaults, CONTROLLER_ID, NAMES, SHORT_ID, VNI } from '../lib/resources/pve/pve-sdn-params.ts';
import { controllerRef, listed } from '../lib/resources/pve/pve-sdn-wish.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

/** Parameters that a type needs, and those that it may have beside what all have. */
const OF_TYPE: Readonly<
  Record<string, { readonly needs: readonly string[]; readonly may: readonly string[] }>
> = {
  simple: { needs: [], may: ['dhcp'] },
  vlan: { needs: ['bridge'], may: ['disable_mac_learning'] },
  qinq: { needs: ['bridge', 'tag'], may: ['vlan_protocol', 'disable_mac_learning'] },
  vxlan: { needs: [], may: ['peers', 'fabric', 'vxlan_port'] },
  evpn: {
    needs: ['controller', 'vrf_vxlan'],
    may: [
      'exit_nodes',
      'primary_exit_node',
      'exit_nodes_local_routing',
      'advertise_subnets',
      'disable_arp_nd_suppression',
      'rt_import',
      'mac',
      'vxlan_port',
      'disable_mac_learning',
    ],
  },
};

const COMMON = ['id', 'type', 'state', 'nodes', 'mtu', 'ipam', 'dns', 'reverse_dns', 'dns_zone'];

export default defineTask({
  summary: 'A zone of the SDN of Proxmox: simple, vlan, qinq, vxlan or evpn',
  examples: [
    `
- task: pve_sdn_zone
  once: true
  with:
    id: crossite
    type: evpn
    controller: evpnctl
    vrf_vxlan: 99999
    mtu: 1370
    exit_nodes: [roz]
    advertise_subnets: true
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'type'],
    properties: {
      id: { ...SHORT_ID, description: 'Name of the zone.' },
      type: {
        enum: ['simple', 'vlan', 'qinq', 'vxlan', 'evpn'],
        description: 'What it is made of. Cannot be changed later.',
      },
      nodes: { ...NAMES, description: 'Nodes that have it; left out: all.' },
      mtu: { type: 'integer', minimum: 576, maximum: 65535, description: 'MTU of its vnets, in bytes.' },
      ipam: { type: 'string', minLength: 1, description: 'Who keeps its addresses; Proxmox’ own is `pve`.' },
      dns: { type: 'string', minLength: 1, description: 'DNS server (pve_sdn_dns) that gets its names.' },
      reverse_dns: { type: 'string', minLength: 1, description: 'DNS server that gets its addresses.' },
      dns_zone: { type: 'string', minLength: 1, description: 'DNS domain of its names; needs dns.' },
      dhcp: { enum: ['dnsmasq'], description: 'Of simple: who gives addresses away.' },
      bridge: { type: 'string', minLength: 1, description: 'Of vlan and qinq: the bridge that carries it.' },
      tag: { type: 'integer', minimum: 1, maximum: 4094, description: 'Of qinq: the service VLAN.' },
      vlan_protocol: { enum: ['802.1q', '802.1ad'], description: 'Of qinq: the outer tag.' },
      peers: { ...NAMES, description: 'Of vxlan: addresses of all nodes.' },
      fabric: {
        type: 'string',
        minLength: 1,
        description: 'Of vxlan, instead of peers: a fabric (Proxmox 9).',
      },
      vxlan_port: { type: 'integer', minimum: 1, maximum: 65535, description: 'UDP port of VXLAN.' },
      controller: { ...CONTROLLER_ID, description: 'Of evpn: its controller.' },
      vrf_vxlan: { ...VNI, description: 'Of evpn: VNI of its routing; no vnet may have the same.' },
      exit_nodes: { ...NAMES, description: 'Of evpn: nodes that lead out of it.' },
      primary_exit_node: {
        type: 'string',
        minLength: 1,
        description: 'Of evpn: the one that is used first.',
      },
      exit_nodes_local_routing: {
        type: 'boolean',
        description:
          'Of evpn: exit nodes themselves reach its guests. Breaks connections where several sites have exit nodes.',
      },
      advertise_subnets: {
        type: 'boolean',
        description: 'Of evpn: whole subnets are announced, by nodes that are no exit nodes.',
      },
      disable_arp_nd_suppression: {
        type: 'boolean',
        description: 'Of evpn: ARP and ND go through the tunnel.',
      },
      rt_import: { ...NAMES, description: 'Of evpn: route targets of others to take in, as 65000:100.' },
      mac: {
        type: 'string',
        pattern: '^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$',
        $comment: 'must be a MAC address, as in BC:24:11:00:00:01',
        description: 'Of evpn: MAC of all gateways; made by Proxmox where left out.',
      },
      disable_mac_learning: { type: 'boolean', description: 'Bridges learn no MAC addresses.' },
      state: { ...STATE, description: 'Whether it is there. One with vnets cannot be taken away.' },
    },
  },
  check(params) {
    if (params.state === 'absent') return [];
    const { needs = [], may = [] } = OF_TYPE[params.type] ?? {};
    const given = Object.entries(params).filter(([, value]) => value !== undefined);
    const names = new Set(given.map(([name]) => name));
    const lacking = needs.filter((name) => !names.has(name));
    const odd = [...names].filter((name) => ![...COMMON, ...needs, ...may].includes(name));
    const faults: ParamFault[] = [
      ...lacking.map((name) => ({
        path: [],
        message: `a zone of type ${params.type} needs ${name}`,
        hint: `set ${name}`,
      })),
      ...odd.map((name) => ({
        path: [name],
        message: `a zone of type ${params.type} has no ${name}`,
        hint: `types that have it: ${typesWith(name).join(', ')}`,
      })),
      ...addressFaults(params.peers, 'peers'),
    ];
    if (params.type === 'vxlan' && names.has('peers') === names.has('fabric'))
      faults.push({
        path: [],
        message: 'a zone of type vxlan needs either peers or fabric',
        hint: 'set peers',
      });
    if (names.has('dns_zone') && !names.has('dns'))
      faults.push({ path: ['dns_zone'], message: 'dns_zone needs dns', hint: 'name the DNS server' });
    const { primary_exit_node: first, exit_nodes: exits } = params;
    if (typeof first === 'string' && Array.isArray(exits) && !exits.includes(first))
      faults.push({
        path: ['primary_exit_node'],
        message: `${first} is none of the exit nodes`,
        hint: 'add it to exit_nodes',
      });
    return faults;
  },
  desire(params) {
    const { id, type, state = 'present', controller } = params;
    const zone = sdnObject(
      ...listed('zones', id, {
        state,
        type,
        sets: ['nodes', 'exitnodes', 'peers', 'rt-import'],
        made: ['mac', 'ipam'],
        uses: controller === undefined ? [] : [controllerRef(controller)],
        fields: {
          nodes: params.nodes?.join(','),
          mtu: params.mtu,
          ipam: params.ipam,
          dns: params.dns,
          reversedns: params.reverse_dns,
          dnszone: params.dns_zone,
          dhcp: params.dhcp,
          bridge: params.bridge,
          tag: params.tag,
          'vlan-protocol': params.vlan_protocol,
          peers: params.peers?.join(','),
          fabric: params.fabric,
          'vxlan-port': params.vxlan_port,
          controller,
          'vrf-vxlan': params.vrf_vxlan,
          exitnodes: params.exit_nodes?.join(','),
          'exitnodes-primary': params.primary_exit_node,
          'exitnodes-local-routing': params.exit_nodes_local_routing,
          'advertise-subnets': params.advertise_subnets,
          'disable-arp-nd-suppression': params.disable_arp_nd_suppression,
          'rt-import': params.rt_import?.join(','),
          mac: params.mac?.toUpperCase(),
          'bridge-disable-mac-learning': params.disable_mac_learning,
        },
      }),
    );
    return [withExit(zone, state === 'absent' ? [] : (params.exit_nodes ?? []))];
  },
});

function typesWith(name: string): readonly string[] {
  return Object.entries(OF_TYPE)
    .filter(([, { needs, may }]) => needs.includes(name) || may.includes(name))
    .map(([type]) => type);
}
