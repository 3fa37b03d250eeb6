/** The task `sysctl`: kernel parameters, now and at boot. */
import { defineTask } from '../lib/model/task.ts';
import { absolutePath, STATE } from '../lib/resources/file/file-params.ts';
import { sysctl, sysctlFile } from '../lib/resources/kernel/sysctl.ts';
import { keptAtBoot } from '../lib/resources/kernel/sysctl-order.ts';

export default defineTask({
  summary: 'Kernel parameters, now and at boot',
  examples: [
    `
- task: sysctl
  with:
    values: { net.ipv4.ip_forward: 1, vm.swappiness: 10 }
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
        description:
          'Names and values: `net.ipv4.ip_forward: 1`. A dot within an interface’s name is written as a slash, as sysctl(8) has it.',
      },
      file: {
        ...absolutePath('The file that sets them at boot; its other lines stay.'),
        default: '/etc/sysctl.d/90-tightbeam.conf',
      },
      state: {
        ...STATE,
        description: 'With absent: their lines are taken from the file, and the running values are left.',
      },
      running: {
        type: 'boolean',
        default: true,
        description: 'Whether the running values are set, beside the file.',
      },
    },
  },
  desire({ values, file = '/etc/sysctl.d/90-tightbeam.conf', state, running = true }) {
    const absent = state === 'absent';
    const entries = Object.entries(values).map(([name, value]) => [name, String(value)] as const);
    const lines = sysctlFile(
      file,
      Object.fromEntries(entries.map(([name, value]) => [name, absent ? undefined : value])),
    );
    return [
      absent ? lines : keptAtBoot(lines, file, values),
      ...(absent || !running ? [] : entries.map(([name, value]) => sysctl(name, value))),
    ];
  },
});
