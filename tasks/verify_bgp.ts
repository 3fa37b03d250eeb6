/** The task `verify_bgp`: sessions, EVPN routes, router-id and tunnel source. */
import { known } from '../lib/base/unknown.ts';
import { defineTask } from '../lib/model/task.ts';
import { checkBgp } from '../lib/resources/network/check-bgp.ts';
import { checkMachine } from '../lib/resources/network/check-machine.ts';
import {
  PEERS,
  peerAddresses,
  peerFaults,
  peerValues,
  plainAddress,
  waiting,
} from '../lib/resources/network/check-params.ts';

export default defineTask({
  summary: 'Check BGP sessions, the EVPN routes that came by them, router-id and tunnel source',
  examples: [
    `
- task: verify_bgp
  with: { peers: fabric, asn: 65000, address: "\${{ host.vars.wg_address }}" }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['peers', 'asn', 'address'],
    properties: {
      peers: PEERS,
      asn: {
        type: 'integer',
        minimum: 1,
        maximum: 4_294_967_295,
        description: 'AS of this host; each peer has its own in the same parameter.',
      },
      address: {
        type: 'string',
        description:
          'Address of this host from which it speaks BGP and VXLAN, that is, in the tunnel; each peer has its own in the same parameter.',
      },
      router_id: {
        type: 'string',
        description: 'Router-id that must be in use. Left out: `address`, if that is IPv4.',
      },
      evpn: {
        type: 'boolean',
        default: true,
        description: 'Whether EVPN is spoken, and VXLAN must leave from `address`.',
      },
      routes: {
        type: 'array',
        items: { enum: [2, 3, 5] },
        uniqueItems: true,
        default: [3],
        description:
          'Types of EVPN routes that must have come from each peer: 2 for hosts that have been seen there, 3 for each VNI, 5 for networks of a VRF.',
      },
      machines: {
        type: ['string', 'array'],
        items: { type: 'string' },
        description:
          'Addresses of machines on this host’s networks. Each must be known by a route of type 2 with its MAC, here and at every host of `peers`, which have their own in the same parameter.',
      },
      wait: waiting(10),
    },
  },
  check({ peers }, ctx) {
    return peerFaults(ctx, peers, 'address');
  },
  desire({ peers, asn, evpn = true, routes = [3], wait = 10, ...params }, ctx) {
    const address = plainAddress(params.address);
    const numbers = new Map(
      peerValues(ctx, peers, 'asn').map(({ name, value }) => [name, Number(known(value))]),
    );
    const bgp = checkBgp({
      address,
      asn,
      routerId: params.router_id ?? (address.includes(':') ? undefined : address),
      evpn,
      routes: evpn ? routes : [],
      peers: peerAddresses(ctx, peers, 'address').map((peer) => ({
        ...peer,
        asn: numbers.get(peer.name) ?? asn,
      })),
      wait,
    });
    const own = addressesOf(params.machines);
    const others = peerValues(ctx, peers, 'machines').flatMap(({ name, value }) =>
      addressesOf(known(value)).map((machine) => ({ address: machine, at: name })),
    );
    const elsewhere = others.filter(({ address: each }, index) => {
      const first = others.findIndex(({ address: same }) => same === each) === index;
      return first && !own.includes(each);
    });
    const machines = [...own.map((each) => ({ address: each, at: '' })), ...elsewhere];
    return [...bgp, ...machines.map((machine) => checkMachine({ ...machine, wait }))];
  },
});

function addressesOf(value: unknown): readonly string[] {
  const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return list.map(plainAddress).filter((each) => each !== '');
}
