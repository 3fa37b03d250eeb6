/** The task `verify_exit_node`: guests of a network get out by this node, and answers and other sites get in. */
import { formatCidr, networkOf, parseAddress, parseCidr } from '../lib/base/ip-address.ts';
import { defineTask, type ParamFault } from '../lib/model/task.ts';
import { checkExit } from '../lib/resources/network/check-exit.ts';
import { plainAddress } from '../lib/resources/network/check-params.ts';

export default defineTask({
  summary:
    'Check that guests of a network leave by this node: forwarding, local routing, forward rules, SNAT',
  examples: [
    `
- task: verify_exit_node
  with: { vnet: crossvnt, gateway: "\${{ host.vars.gateway }}", guest: 10.1.1.11, others: [10.2.1.9] }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['vnet', 'gateway', 'guest'],
    properties: {
      vnet: {
        type: 'string',
        pattern: '^[^\\s/]{1,15}$',
        $comment: 'must be the name of an interface: at most 15 characters, no / and no blank',
        description: 'Interface of the guests’ network on this node: on Proxmox, the name of the vnet.',
      },
      gateway: {
        type: 'string',
        description: 'Address of this node in that network, with its prefix: `10.1.1.1/24`.',
      },
      guest: { type: 'string', description: 'Address of a guest there.' },
      outside: {
        type: 'string',
        default: '192.0.2.1',
        description: 'Address to which the way out is looked up. Nothing is sent to it.',
      },
      others: {
        type: 'array',
        items: { type: 'string' },
        default: [],
        description: 'Addresses of guests at other sites, which the firewall must let in to this one.',
      },
      snat: {
        type: 'boolean',
        default: true,
        description: 'Whether what guests send out must be translated to an address of this node.',
      },
      by_rule: {
        type: 'boolean',
        default: false,
        description:
          'Whether a rule of the firewall must let guests pass in so many words. False: a policy of accept will do.',
      },
    },
  },
  check({ gateway, guest, outside = '192.0.2.1', others = [] }) {
    const addresses = [
      ...Object.entries({ guest, outside }).map(([name, value]) => ({ path: [name], value })),
      ...(Array.isArray(others) ? others.map((value, index) => ({ path: ['others', index], value })) : []),
    ];
    const faults = addresses.flatMap(({ path, value }): readonly ParamFault[] =>
      typeof value !== 'string' || parseAddress(plainAddress(value)) !== undefined
        ? []
        : [{ path, message: `${value} is not an IP address`, hint: 'a prefix length is left out' }],
    );
    if (typeof gateway !== 'string' || (gateway.includes('/') && parseCidr(gateway) !== undefined))
      return faults;
    return [
      ...faults,
      { path: ['gateway'], message: `${gateway} is not an address with a prefix`, hint: 'as in 10.1.1.1/24' },
    ];
  },
  desire({ vnet, gateway, guest, outside = '192.0.2.1', others = [], snat = true, by_rule = false }) {
    const own = parseCidr(gateway);
    return [
      checkExit({
        vnet,
        network: own === undefined ? gateway : formatCidr(networkOf(own)),
        guest: plainAddress(guest),
        outside: plainAddress(outside),
        others: [...new Set(others.map(plainAddress))],
        snat,
        byRule: by_rule,
      }),
    ];
  },
});
