/** Parameters of the task `evpn`: what people write of an overlay. */

import type { Params } from '../../model/task.ts';
import { INTERFACE } from '../link/interface-name.ts';

const MTU = { type: 'integer', minimum: 576, maximum: 65_535 } as const;
const VNI = { type: 'integer', minimum: 1, maximum: 16_777_215 } as const;
/** With `vx_` or `br_` before it, a name may have 15 characters in Linux. */
const NAME = '^[A-Za-z][A-Za-z0-9_.-]{0,11}$';

/** An interface of the host; no dash first, which a command would take for an option. */

const NETWORK = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'vni'],
  properties: {
    name: {
      type: 'string',
      pattern: NAME,
      $comment: 'must be letters, digits, _ . and -, beginning with a letter, at most 12',
      description:
        'Name of the bridge, at most 12 characters; its VXLAN interface is called `vx_` and that name.',
    },
    vni: { ...VNI, description: 'VXLAN network identifier: the same on every host that shares the network.' },
    gateway: {
      type: ['string', 'array'],
      items: { type: 'string' },
      description:
        'Address of the gateway with its prefix length (`10.1.1.1/24`), or a list. Left out: the network is only bridged.',
    },
    mac: {
      type: 'string',
      pattern: '^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$',
      $comment: 'must be a MAC address, such as 02:00:00:00:00:01',
      description:
        'MAC address of the gateway, the same on all hosts, so that a guest may move. Left out: made of the VNI.',
    },
    ports: {
      type: 'array',
      items: INTERFACE,
      description: 'Interfaces of this host that belong to the bridge. Others that somebody adds stay.',
    },
    snat: {
      type: 'boolean',
      description:
        'Traffic of this network to the outside leaves here, with an address of this host (IPv4). The host is then an exit of the overlay.',
    },
    suppress: {
      type: 'boolean',
      description:
        'Whether ARP and neighbour requests are answered by the bridge from what BGP tells, not flooded. Default: true.',
    },
  },
} as const;

export const EVPN_PARAMS = {
  type: 'object',
  additionalProperties: false,
  required: ['networks'],
  properties: {
    underlay: {
      type: 'string',
      format: 'step:wireguard',
      description:
        'The step that makes the tunnels below: its first address is this host’s end, its MTU less 50 the overlay’s.',
    },
    local: {
      type: 'string',
      description: 'Address of this host below the overlay, instead of that of `underlay`.',
    },
    underlay_mtu: { ...MTU, description: 'MTU of the network below, where there is no step `underlay`.' },
    peers: {
      type: 'string',
      format: 'host-group',
      description: 'The hosts of the overlay, for checks across them. Left out: the peers of `underlay`.',
    },
    mtu: { ...MTU, description: 'MTU of the overlay. Left out: that of the network below less 50 (VXLAN).' },
    port: {
      type: 'integer',
      minimum: 1,
      maximum: 65_535,
      default: 4789,
      description: 'UDP port of VXLAN, the same on all hosts.',
    },
    vrf: {
      type: 'object',
      additionalProperties: false,
      required: ['vni'],
      properties: {
        name: {
          type: 'string',
          pattern: `^$|${NAME}`,
          $comment: 'must be letters, digits, _ . and -, beginning with a letter, at most 12; or empty',
          default: '',
          description:
            'Name of the VRF. Empty: no VRF, the networks are routed in the main table of the host.',
        },
        vni: {
          ...VNI,
          description: 'VXLAN network identifier of what is routed (L3 VNI), the same on all hosts.',
        },
        table: {
          type: 'integer',
          minimum: 1,
          maximum: 4_294_967_295,
          default: 1001,
          description: 'Number of the VRF’s routing table on this host.',
        },
      },
      description:
        'How networks are routed to each other across hosts. Left out: networks of one VNI are bridged, and nothing is routed over the overlay.',
    },
    networks: { type: 'array', minItems: 1, items: NETWORK, description: 'The networks on this host.' },
    exit: {
      type: 'object',
      additionalProperties: false,
      properties: {
        interface: {
          ...INTERFACE,
          description: 'Where traffic with `snat` leaves. Left out: the interface of the default route.',
        },
        to: {
          type: 'string',
          default: 'masquerade',
          description: 'The address it leaves with; `masquerade`: the one that the interface has.',
        },
      },
      description: 'The way out for networks with `snat`.',
    },
    state: {
      enum: ['present', 'absent'],
      default: 'present',
      description: 'Whether the overlay is there. Absent: its interfaces, SNAT and what is done at boot go.',
    },
  },
} as const;

export type EvpnParams = Params<typeof EVPN_PARAMS>;
export type EvpnNetwork = EvpnParams['networks'][number];
