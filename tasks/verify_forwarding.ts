/** The task `verify_forwarding`: interfaces forward, and drop nothing for the way it came. */
import { defineTask } from '../lib/model/task.ts';
import { checkForwarding } from '../lib/resources/network/check-forwarding.ts';

export default defineTask({
  summary: 'Check that interfaces forward, with rp_filter as the kernel computes it',
  examples: [
    `
- task: verify_forwarding
  with: { interfaces: [wg0, eth0] }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['interfaces'],
    properties: {
      interfaces: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: {
          type: 'string',
          pattern: '^[^\\s/]{1,15}$',
          $comment: 'must be the name of an interface: at most 15 characters, no / and no blank',
        },
        description: 'Interfaces that packets of the overlay pass through.',
      },
      rp_filter: {
        type: 'array',
        minItems: 1,
        items: { type: 'integer', minimum: 0, maximum: 2 },
        default: [0, 2],
        description:
          'Values that rp_filter may have in effect, which is the greater of `all` and the interface: 0 is off, 1 strict, 2 loose. Strict drops packets whose way back is another interface.',
      },
    },
  },
  desire({ interfaces, rp_filter = [0, 2] }) {
    return interfaces.map((link) => checkForwarding(link, rp_filter));
  },
});
