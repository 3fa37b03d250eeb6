/** The task `kernel_module`: modules of the kernel, now and at boot. */
import { defineTask } from '../lib/model/task.ts';
import { kernelModule } from '../lib/resources/kernel/kernel-module.ts';

export default defineTask({
  summary: 'A kernel module that is loaded now and at boot',
  examples: [
    `
- task: kernel_module
  when: facts.virtualization != "systemd-nspawn"
  with: { name: vxlan }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9_-]+$',
        $comment: 'must be the name of a module: letters, digits, _ and -',
        description:
          'Name of the module; `-` and `_` mean the same. One that is built into the kernel counts as loaded.',
      },
      state: {
        enum: ['present', 'absent'],
        default: 'present',
        description: 'Whether it is loaded. Absent: it is unloaded and not loaded at boot by us any more.',
      },
      boot: {
        type: 'boolean',
        default: true,
        description: 'Load it at boot too, by a file in /etc/modules-load.d.',
      },
    },
  },
  desire({ name, state = 'present', boot = true }) {
    return kernelModule(name, { state, boot });
  },
});
