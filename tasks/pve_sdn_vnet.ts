/** The task `pve_sdn_vnet`: a virtual network of a zone, on which guests have their interfaces. */
import { defineTask } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { sdnObject } from '../lib/resources/pve/pve-sdn.ts';
import { SHORT_ID, VNI } from '../lib/resources/pve/pve-sdn-params.ts';
import { listed, zoneRef } from '../lib/resources/pve/pve-sdn-wish.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary: 'A virtual network of a zone of Proxmox',
  examples: [
    `
- task: pve_sdn_vnet
  once: true
  with: { id: crossvnt, zone: crossite, tag: 100000, alias: Cross-site EVPN network }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'zone'],
    properties: {
      id: { ...SHORT_ID, description: 'Name of the vnet: the bridge of its guests is called so.' },
      zone: { ...SHORT_ID, description: 'Its zone. Cannot be changed while there are subnets.' },
      tag: {
        ...VNI,
        description: 'VLAN or VNI; needed but in simple zones. The same on all sites of a fabric.',
      },
      alias: {
        type: 'string',
        maxLength: 256,
        pattern: '^[-()_. 0-9A-Za-z*+,/:;<=>?@\\\\[\\]^]*$',
        $comment: 'may hold letters, digits, blanks and ()-_.*+,/:;<=>?@[\\]^ alone',
        description: 'What people call it.',
      },
      vlan_aware: {
        type: 'boolean',
        description: 'Guests tag their own VLANs; not with evpn, and not with subnets.',
      },
      isolate_ports: {
        type: 'boolean',
        description: 'Guests of it do not reach each other (Proxmox 8.3 and newer).',
      },
      state: { ...STATE, description: 'Whether it is there. One with subnets cannot be taken away.' },
    },
  },
  desire(params) {
    const { id, zone, state = 'present' } = params;
    return [
      sdnObject(
        ...listed('vnets', id, {
          state,
          type: undefined,
          uses: [zoneRef(zone)],
          fields: {
            zone,
            tag: params.tag,
            alias: params.alias,
            vlanaware: params.vlan_aware,
            'isolate-ports': params.isolate_ports,
          },
        }),
      ),
    ];
  },
});
