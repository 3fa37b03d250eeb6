/** The task `pve_sdn_apply`: what the steps before it have changed in the SDN is brought to all nodes. */
import { defineTask } from '../lib/model/task.ts';
import { sdnApply } from '../lib/resources/pve/pve-sdn-apply.ts';
import { PVE_LINTS } from '../lib/resources/pve-lint/pve-lints.ts';

export default defineTask({
  summary:
    'Apply the SDN of a Proxmox cluster where something is pending, and believe it only when each node has',
  examples: [
    `
- task: pve_sdn_apply
  once: true
  with: { tunnel_address: 10.1.0.1 }
`,
  ],
  lints: PVE_LINTS,
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      tunnel_address: {
        type: 'string',
        minLength: 1,
        description:
          'The address that tunnels and BGP of this node have to use afterwards. Proxmox takes another one in silence where the underlay is down.',
      },
    },
  },
  desire: ({ tunnel_address: tunnelAddress }) => [sdnApply({ tunnelAddress })],
});
