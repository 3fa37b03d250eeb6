/** The task `verify_sysctl`: kernel parameters as they are now. */
import { defineTask } from '../lib/model/task.ts';
import { checkSysctl } from '../lib/resources/network/check-forwarding.ts';

export default defineTask({
  summary: 'Check that kernel parameters have their values now',
  examples: [
    `
- task: verify_sysctl
  with: { values: { net.ipv4.ip_forward: 1 } }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['values'],
    properties: {
      values: {
        type: 'object',
        minProperties: 1,
        additionalProperties: { type: ['string', 'integer'] },
        description: 'Names and values that must hold now: `net.ipv4.ip_forward: 1`.',
      },
    },
  },
  desire({ values }) {
    return Object.entries(values).map(([name, value]) => checkSysctl(name, String(value)));
  },
});
