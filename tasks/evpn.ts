/** The task `evpn`: the interfaces of a VXLAN overlay that BGP EVPN fills, its gateways, and its way out. */
import { defineTask } from '../lib/model/task.ts';
import { overlay } from '../lib/resources/evpn.ts';
import { evpnFaults } from '../lib/resources/evpn-fault.ts';
import { EVPN_PARAMS } from '../lib/resources/evpn-params.ts';

export default defineTask({
  summary: 'Networks across hosts: VXLAN, bridges, VRF and gateways for BGP EVPN, now and at boot',
  params: EVPN_PARAMS,
  check: evpnFaults,
  desire: overlay,
});
