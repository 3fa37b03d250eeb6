/** The task `evpnctl`: the EVPN controller of a Proxmox cluster, by the name that its write-up gives it. */
import { Unknown } from '../lib/base/unknown.ts';
import { defineTask } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { sdnObject } from '../lib/resources/pve/pve-sdn.ts';
import { ASN, addressFaults } from '../lib/resources/pve/pve-sdn-params.ts';
import { listed } from '../lib/resources/pve/pve-sdn-wish.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary: 'The EVPN controller `evpnctl` of a Proxmox cluster, its peers kept up to date',
  examples: [
    `
- task: evpnctl
  once: true
  with: { asn: 65000, peers: all, address: wg_address }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['asn', 'peers'],
    properties: {
      asn: { ...ASN, description: 'Number of the autonomous system: the same on all sites of a fabric.' },
      peers: {
        type: 'string',
        format: 'host-group',
        description: 'Group of hosts that speak BGP with each other: those of all sites.',
      },
      address: {
        type: 'string',
        minLength: 1,
        default: 'wg_address',
        description: 'Variable of these hosts that holds their address in the underlay.',
      },
      state: { ...STATE, description: 'Whether it is there. One that a zone uses cannot be taken away.' },
    },
  },
  check({ peers, address = 'wg_address' }, ctx) {
    return ctx.hosts(peers).flatMap((host) => {
      const value = host.vars[address];
      if (value === undefined)
        return [
          {
            path: ['peers'],
            message: `${host.name} has no variable ${address}, so it would be no peer`,
            hint: `give ${host.name} its address in the underlay, or name another variable`,
          },
        ];
      return addressFaults([bare(value)], 'peers').map((fault) => ({ ...fault, path: ['peers'] }));
    });
  },
  desire({ asn, peers, address = 'wg_address', state = 'present' }, ctx) {
    const addresses = ctx.hosts(peers).map((host) => host.vars[address]);
    const unknown = addresses.find((each) => each instanceof Unknown);
    return [
      {
        ...sdnObject(
          ...listed('controllers', 'evpnctl', {
            state,
            type: 'evpn',
            sets: ['peers'],
            fields: { asn, peers: unknown ? undefined : addresses.map(bare).join(',') },
          }),
        ),
        ...(unknown instanceof Unknown ? { unknown } : {}),
      },
    ];
  },
});

/** `10.1.0.1/32` is the address of an interface: the peer is 10.1.0.1. */
function bare(address: unknown): unknown {
  return typeof address === 'string' ? address.replace(/\/.*$/, '') : address;
}
