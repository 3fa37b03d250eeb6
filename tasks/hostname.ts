/** The task `hostname`: what the host is called, now and at boot. */
import { toBytes } from '../lib/base/bytes.ts';
import { defineTask } from '../lib/model/task.ts';
import { file } from '../lib/resources/file/file.ts';
import { WRITING } from '../lib/resources/file/file-params.ts';
import { hostname } from '../lib/resources/kernel/hostname.ts';

export default defineTask({
  summary: 'What the host is called, now and at boot',
  examples: [
    `
- task: hostname
  with: { name: "\${{ host.name }}" }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$',
        $comment: 'must be letters, digits, hyphens and dots, beginning and ending with a letter or digit',
        description: 'The name, of letters, digits and hyphens, at most 64 characters.',
      },
      inplace: WRITING.inplace,
    },
  },
  desire({ name, inplace }) {
    return [
      file('/etc/hostname', {
        content: toBytes(`${name}\n`),
        owner: 'root',
        group: 'root',
        mode: '0644',
        inplace,
      }),
      hostname(name),
    ];
  },
});
