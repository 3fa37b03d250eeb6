/** Parameters of BGP in the task `frr`: what people write instead of FRR's own lines. */
import type { Params } from '../../model/task.ts';

const SECONDS = { type: 'integer', minimum: 1, maximum: 65_535 } as const;
const ASN = { type: 'integer', minimum: 1, maximum: 4_294_967_295 } as const;

const NEIGHBOR = {
  type: 'object',
  additionalProperties: false,
  required: ['address', 'asn'],
  properties: {
    address: { type: 'string', description: 'Its IP address.' },
    asn: { ...ASN, description: 'Its autonomous system.' },
    description: {
      type: 'string',
      pattern: '^[ -~]{1,80}$',
      $comment: 'must be one line of ASCII, at most 80 characters',
      description: 'A line about it.',
    },
    source: { type: 'string', description: 'Address or interface that the session comes from.' },
    multihop: {
      type: 'integer',
      minimum: 1,
      maximum: 255,
      description:
        'How many hops away it may be, where it is in another autonomous system. Default: next door.',
    },
    ipv4: { type: 'boolean', default: false, description: 'Whether IPv4 routes are exchanged.' },
    ipv6: { type: 'boolean', default: false, description: 'Whether IPv6 routes are exchanged.' },
    evpn: { type: 'boolean', default: true, description: 'Whether routes of EVPN are exchanged.' },
    bfd: { type: 'boolean', default: false, description: 'Whether BFD watches the way to it.' },
  },
} as const;

/** The parameter `bgp` of the task `frr`. */
export const BGP_PARAMS = {
  type: 'object',
  additionalProperties: false,
  required: ['asn'],
  properties: {
    asn: { ...ASN, description: 'Autonomous system: one number for all hosts of the fabric.' },
    peers: {
      type: 'string',
      format: 'host-group',
      description: 'The hosts that have sessions with each other, over the tunnels of `underlay`.',
    },
    router_id: {
      type: 'string',
      description: 'An IPv4 address that no other host has. Left out: the tunnel’s own.',
    },
    bfd: {
      type: 'boolean',
      description:
        'Whether BFD watches the way to each peer, so that a dead one is noticed in a second. Left out: yes, where bfdd is among the daemons.',
    },
    timers: {
      type: 'object',
      additionalProperties: false,
      properties: {
        keepalive: { ...SECONDS, default: 10, description: 'Seconds between signs of life.' },
        hold: {
          ...SECONDS,
          minimum: 3,
          default: 30,
          description: 'Seconds without one after which a peer is dead.',
        },
        connect: { ...SECONDS, default: 5, description: 'Seconds between attempts to reach a peer.' },
      },
      description: 'Timers of the sessions with the peers.',
    },
    neighbors: {
      type: 'array',
      items: NEIGHBOR,
      description: 'Sessions with others, like route reflectors or routers of the site.',
    },
  },
  description:
    'BGP for the overlay instead of `config`: a session to every peer, EVPN on it, the VRF and subnets of the step `overlay`.',
} as const;

/** Parameters of the task `frr` beside `bgp`: the steps that it looks at. */
export const BGP_STEP_PARAMS = {
  underlay: {
    type: 'string',
    format: 'step:wireguard',
    description: 'The step with the tunnels that sessions of `bgp` run over.',
  },
  overlay: {
    type: 'string',
    format: 'step:evpn',
    description: 'The step with the networks that `bgp` tells the peers of.',
  },
} as const;

type Typed = Params<{
  readonly type: 'object';
  readonly additionalProperties: false;
  readonly required: ['bgp'];
  readonly properties: { readonly bgp: typeof BGP_PARAMS };
}>;

export type BgpParams = Typed['bgp'];
export type BgpNeighbor = NonNullable<BgpParams['neighbors']>[number];

/** What else of the task's parameters BGP rests on. */
export interface BgpSteps {
  readonly underlay?: string | undefined;
  readonly overlay?: string | undefined;
  readonly daemons?: readonly string[] | undefined;
}
