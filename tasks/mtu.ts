/** The task `mtu`: how large packets may be on NICs and bridges. */
import { defineTask } from '../lib/model/task.ts';
import { INTERFACE_PATTERN } from '../lib/resources/link/interface-name.ts';
import { mtuScript, mtus } from '../lib/resources/link/mtu.ts';
import { bootScript } from '../lib/resources/unit/boot-script.ts';

export default defineTask({
  summary: 'MTUs of NICs and bridges, now and at boot',
  examples: [
    `
- task: mtu
  with: { interfaces: { eth1: 9000, br0: 9000 } }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['interfaces'],
    properties: {
      interfaces: {
        type: 'object',
        minProperties: 1,
        propertyNames: {
          pattern: INTERFACE_PATTERN,
          $comment: 'must be the name of an interface: at most 15 characters',
        },
        // IPv6 ends below 1280, and its addresses go.
        additionalProperties: { type: 'integer', minimum: 1280, maximum: 65_535 },
        description:
          'Interfaces with their MTU in bytes: `eth1: 9000`. None may be larger than what it lies upon: a bridge than its lowest port, a VLAN than its NIC. All of a host stand in one step. Tunnels have an `mtu` of their own in `wireguard` and `evpn`.',
      },
      boot: {
        type: 'boolean',
        default: true,
        description:
          'Set them at boot too, after ifupdown, systemd-networkd and NetworkManager have done their part. Where one of them sets an MTU itself whenever it brings the interface up (`mtu` in /etc/network/interfaces, `MTUBytes=`, an MTU by DHCP), it has to be said there as well. With false, what was set at boot no longer is.',
      },
    },
  },
  desire({ interfaces, boot = true }) {
    return [...mtus(interfaces), ...bootScript('20-mtu', boot ? mtuScript(interfaces) : undefined)];
  },
});
