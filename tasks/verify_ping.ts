/** The task `verify_ping`: packets go to an address and come back, whole. */
import { defineTask, type TaskContext } from '../lib/model/task.ts';
import {
  GOAL,
  GOAL_RULES,
  ORIGIN,
  originFaults,
  originOf,
  PEERS,
  peerAddresses,
  peerFaults,
  plainAddress,
  waiting,
} from '../lib/resources/network/check-params.ts';
import { checkPing } from '../lib/resources/network/check-ping.ts';

export default defineTask({
  summary: 'Check that packets of a size reach an address and come back',
  examples: [
    `
# Full packets, to every other host of the group.
- task: verify_ping
  with: { peers: fabric, address: "\${{ host.vars.wg_address }}", size: 1420 }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      to: {
        oneOf: [GOAL, { type: 'array', minItems: 1, items: GOAL }],
        description: 'Address or name to ask, or a list of them; a prefix length is left out.',
      },
      peers: PEERS,
      address: {
        type: 'string',
        description:
          'Address of this host at which the others ask for it, as with `peers` each asks for that of every other.',
      },
      size: {
        type: 'integer',
        minimum: 48,
        maximum: 65_535,
        description: 'Bytes of the whole IP packet: for a full packet, the MTU of the network. Left out: 84.',
      },
      dont_fragment: {
        type: 'boolean',
        default: true,
        description: 'Whether it must get through whole.',
      },
      through: {
        enum: ['overlay'],
        description:
          'With `overlay`: it must go by VXLAN. Left out: it must where VXLAN or BGP has a route for it.',
      },
      ...ORIGIN,
      send: {
        type: 'boolean',
        default: true,
        description:
          'False sends nothing, and looks at this host’s own part of the way alone: routes, ports and MTU of its layers. For addresses that do not answer this host itself, such as guests behind exit nodes of EVPN.',
      },
      count: { type: 'integer', minimum: 1, maximum: 20, default: 2, description: 'Answers that must come.' },
      wait: waiting(5),
    },
    allOf: GOAL_RULES,
  },
  check({ peers, ...origin }, ctx) {
    return [...originFaults(origin), ...(peers === undefined ? [] : peerFaults(ctx, peers, 'address'))];
  },
  desire({ size, dont_fragment = true, through, send = true, count = 2, wait = 5, ...params }, ctx) {
    return targets(params, ctx).map(({ name, address }) =>
      checkPing({
        to: address,
        name,
        size,
        dontFragment: dont_fragment,
        through,
        send,
        count,
        wait,
        ...originOf(params),
      }),
    );
  },
});

interface Goals {
  readonly to?: string | readonly string[];
  readonly peers?: string;
}

function targets({ to, peers }: Goals, ctx: TaskContext) {
  if (peers !== undefined) return peerAddresses(ctx, peers, 'address');
  const list = to === undefined ? [] : typeof to === 'string' ? [to] : to;
  return [...new Set(list.map(plainAddress))].map((address) => ({ name: '', address }));
}
