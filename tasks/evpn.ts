/** The task `evpn`: the interfaces of a VXLAN overlay that BGP EVPN fills, its gateways, and its way out. */
import { defineTask } from '../lib/model/task.ts';
import { overlay } from '../lib/resources/evpn/evpn.ts';
import { evpnFaults } from '../lib/resources/evpn/evpn-fault.ts';
import { EVPN_PARAMS } from '../lib/resources/evpn/evpn-params.ts';

export default defineTask({
  summary: 'Networks across hosts: VXLAN, bridges, VRF and gateways for BGP EVPN, now and at boot',
  examples: [
    `
- task: wireguard_key
- id: underlay
  task: wireguard
  with: { address: "\${{ host.vars.wg_address }}", endpoint: "\${{ host.address }}", peers: fabric }
# Tunnel address and MTU come from the step before.
- id: overlay
  task: evpn
  with:
    vrf: { name: vrf_site, vni: 99999 }
    networks:
      - { name: vnet1, vni: 100000, gateway: "\${{ host.vars.gateway }}", snat: true }
`,
  ],
  params: EVPN_PARAMS,
  check: evpnFaults,
  desire: overlay,
});
