/** The task `verify_wireguard`: handshakes, and packets both ways through the tunnel. */
import { known } from '../lib/base/unknown.ts';
import { defineTask, type TaskContext } from '../lib/model/task.ts';
import {
  PEERS,
  peerAddresses,
  peerFaults,
  plainAddress,
  waiting,
} from '../lib/resources/network/check-params.ts';
import { checkWireguard } from '../lib/resources/network/check-wireguard.ts';
import { TUNNEL } from '../lib/resources/wireguard/wireguard-schema.ts';

export default defineTask({
  summary: 'Check that a WireGuard tunnel carries packets to and from every peer',
  examples: [
    `
- task: verify_wireguard
  with: { peers: fabric, interface: wg0, address: "\${{ host.vars.wg_address }}" }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['peers'],
    properties: {
      peers: PEERS,
      tunnel: {
        type: 'string',
        format: 'step:wireguard',
        description:
          'Step that makes the tunnel, whose interface and addresses are meant. Left out: the one step of task wireguard before this one, if there is one.',
      },
      interface: {
        ...TUNNEL,
        description: 'Name of the interface. Left out: that of `tunnel`, else wg0.',
      },
      address: {
        type: ['string', 'array'],
        items: { type: 'string' },
        description:
          'Address of this host in the tunnel, of which each peer has its own in the same parameter. Left out: that of `tunnel`.',
      },
      reachable: {
        type: 'boolean',
        description:
          'Whether peers come to this host of their own accord, so that its port must be open. Left out: whether `tunnel` has an endpoint, else true.',
      },
      max_age: {
        type: 'integer',
        minimum: 1,
        default: 180,
        description: 'Age of the latest handshake, in seconds, beyond which it is too old.',
      },
      wait: waiting(5),
    },
    allOf: [{ anyOf: [{ required: ['address'] }, { required: ['tunnel'] }] }],
  },
  check({ peers, tunnel, address }, ctx) {
    const step = address === undefined ? tunnel : undefined;
    return peerFaults(ctx, peers, 'address', step);
  },
  desire({ peers, tunnel, wait = 5, max_age = 180, ...params }, ctx) {
    const step = params.address === undefined ? tunnel : undefined;
    const made = madeBy(ctx, tunnel);
    const device = params.interface ?? known(made?.interface ?? 'wg0');
    const reachable = params.reachable ?? (made === undefined || made.endpoint !== undefined);
    return checkWireguard({
      device: String(device),
      address: plainAddress(known(params.address ?? made?.address)),
      open: reachable,
      peers: peerAddresses(ctx, peers, 'address', step),
      maxAge: max_age,
      wait,
    });
  },
});

function madeBy(ctx: TaskContext, step: string | undefined): Readonly<Record<string, unknown>> | undefined {
  return step === undefined ? undefined : ctx.params(step);
}
