/** The task `verify_tcp`: a port that takes connections. */
import { defineTask } from '../lib/model/task.ts';
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
import { checkTcp } from '../lib/resources/network/check-tcp.ts';

export default defineTask({
  summary: 'Check that a TCP port of another host takes connections',
  examples: [
    `
- task: verify_tcp
  with: { to: 192.0.2.10, port: 5432 }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['port'],
    properties: {
      to: { ...GOAL, description: 'Address or name to connect to.' },
      peers: PEERS,
      address: {
        type: 'string',
        description: 'Address of this host at which the others ask for it; goes with `peers`.',
      },
      port: { type: 'integer', minimum: 1, maximum: 65_535, description: 'TCP port.' },
      ...ORIGIN,
      wait: waiting(5),
    },
    allOf: GOAL_RULES,
  },
  check({ peers, ...origin }, ctx) {
    return [...originFaults(origin), ...(peers === undefined ? [] : peerFaults(ctx, peers, 'address'))];
  },
  desire({ to, peers, port, wait = 5, ...params }, ctx) {
    const targets =
      peers === undefined ? [{ name: '', address: plainAddress(to) }] : peerAddresses(ctx, peers, 'address');
    return targets.map(({ name, address }) =>
      checkTcp({ to: address, name, port, wait, ...originOf(params) }),
    );
  },
});
