/** The task `wireguard_reresolve`: a timer that follows peers behind dynamic DNS. */
import { defineTask } from '../lib/model/task.ts';
import { STATE } from '../lib/resources/file/file-params.ts';
import { noWireguardReresolve, wireguardReresolve } from '../lib/resources/wireguard/wireguard-reresolve.ts';
import { TUNNEL } from '../lib/resources/wireguard/wireguard-schema.ts';

export default defineTask({
  summary: 'A timer that looks the names of silent WireGuard peers up again',
  examples: [
    `
- task: wireguard_reresolve
  with: { interface: wg0, interval: 60 }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      interface: {
        ...TUNNEL,
        default: 'wg0',
        description:
          'Name of the interface. WireGuard itself looks names up only when it starts; peers whose `endpoint` is an address are left alone.',
      },
      interval: {
        type: 'integer',
        minimum: 5,
        maximum: 86_400,
        default: 30,
        description:
          'Seconds between two looks. Only peers without a handshake for 135 seconds are looked up.',
      },
      state: STATE,
    },
  },
  desire({ interface: name = 'wg0', interval = 30, state }) {
    return state === 'absent' ? noWireguardReresolve(name) : wireguardReresolve(name, interval);
  },
});
