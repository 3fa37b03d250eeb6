/** The task `pve_sdn_controller`: what speaks routing protocols for the SDN of a Proxmox cluster. */
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { sdnObject } from '../lib/resources/pve/pve-sdn.ts';
import { ASN, addressFaults, CONTROLLER_ID, NAMES } from '../lib/resources/pve/pve-sdn-params.ts';
import { listed } from '../lib/resources/pve/pve-sdn-wish.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary: 'A controller of the SDN of Proxmox: evpn, bgp or isis',
  examples: [
    `
- task: pve_sdn_controller
  once: true
  with: { id: evpnctl, type: evpn, asn: 65000, peers: [10.1.0.1, 10.2.0.1] }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'type'],
    properties: {
      id: { ...CONTROLLER_ID, description: 'Name of the controller.' },
      type: { enum: ['evpn', 'bgp', 'isis'], description: 'What it speaks. Cannot be changed later.' },
      asn: { ...ASN, description: 'Number of the autonomous system; for evpn and bgp.' },
      peers: { ...NAMES, description: 'Addresses of the peers, one’s own among them; for evpn and bgp.' },
      fabric: {
        type: 'string',
        minLength: 1,
        description: 'Of evpn, instead of peers: a fabric (Proxmox 9).',
      },
      node: { type: 'string', minLength: 1, description: 'Of bgp and isis: the node that it is for.' },
      ebgp: { type: 'boolean', description: 'Of bgp: peers are of other autonomous systems.' },
      ebgp_multihop: { type: 'integer', minimum: 1, maximum: 255, description: 'Of bgp: hops to the peers.' },
      loopback: {
        type: 'string',
        minLength: 1,
        description: 'Of bgp and isis: interface of the source address.',
      },
      multipath_relax: { type: 'boolean', description: 'Of bgp: paths of equal length count as equal.' },
      isis_domain: { type: 'string', minLength: 1, description: 'Of isis: its domain.' },
      isis_net: { type: 'string', minLength: 1, description: 'Of isis: its network entity title.' },
      isis_interfaces: { ...NAMES, description: 'Of isis: its interfaces.' },
      state: { ...STATE, description: 'Whether it is there. One that a zone uses cannot be taken away.' },
    },
  },
  check({ type, state, asn, peers, fabric, node, isis_domain, isis_net, isis_interfaces }) {
    if (state === 'absent') return [];
    const faults: ParamFault[] = [...addressFaults(peers, 'peers')];
    const lacks = (name: string, value: unknown): void => {
      if (value === undefined)
        faults.push({ path: [], message: `a controller of type ${type} needs ${name}`, hint: `set ${name}` });
    };
    if (type !== 'isis') lacks('asn', asn);
    if (type === 'evpn' && (peers === undefined) === (fabric === undefined))
      faults.push({
        path: [],
        message: 'a controller of type evpn needs either peers or fabric',
        hint: 'set peers to the addresses of all nodes',
      });
    if (type !== 'evpn') lacks('node', node);
    if (type === 'bgp') lacks('peers', peers);
    if (type === 'isis') {
      lacks('isis_domain', isis_domain);
      lacks('isis_net', isis_net);
      lacks('isis_interfaces', isis_interfaces);
    }
    return faults;
  },
  desire(params) {
    const { id, type, state = 'present' } = params;
    return [
      sdnObject(
        ...listed('controllers', id, {
          state,
          type,
          sets: ['peers', 'isis-ifaces'],
          fields: {
            asn: params.asn,
            peers: params.peers?.join(','),
            fabric: params.fabric,
            node: params.node,
            ebgp: params.ebgp,
            'ebgp-multihop': params.ebgp_multihop,
            loopback: params.loopback,
            'bgp-multipath-as-path-relax': params.multipath_relax,
            'isis-domain': params.isis_domain,
            'isis-net': params.isis_net,
            'isis-ifaces': params.isis_interfaces?.join(','),
          },
        }),
      ),
    ];
  },
});
