/** The task `reboot`: the host boots anew, once, and is waited for. */
import { defineTask } from '../lib/model/task.ts';
import { reboot } from '../lib/resources/boot/reboot.ts';

export default defineTask({
  summary: 'Reboot where that is needed, and wait until the host is up again',
  examples: [
    `
# After a new kernel, or where something has asked for it.
- task: reboot
`,
    `
- task: reboot
  with: { when: always, message: "moving to the new rack", delay: 5, timeout: 900 }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      when: {
        enum: ['needed', 'always'],
        default: 'needed',
        description:
          '`needed`: where /run/reboot-required is there, or a kernel that is newer than the running one. `always`: each time that the step runs. A handler reboots whenever it was notified.',
      },
      message: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        description: 'What is told to those who are logged in, and to the log of the system.',
      },
      delay: {
        type: 'number',
        minimum: 0,
        maximum: 3600,
        default: 0,
        description: 'Seconds to wait on the host before it goes down.',
      },
      timeout: {
        type: 'number',
        minimum: 10,
        maximum: 7200,
        default: 600,
        description:
          'Seconds in which it must have booted anew, answer, and be past `starting`, as `systemctl is-system-running` has it. That units have failed is said, and counts as up.',
      },
    },
  },
  desire({ when = 'needed', message, delay = 0, timeout = 600 }, ctx) {
    return reboot({
      when: ctx.owed === undefined ? when : 'handler',
      message,
      delayMs: delay * 1000,
      timeoutMs: timeout * 1000,
    });
  },
});
