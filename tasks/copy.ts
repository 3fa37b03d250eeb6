/** The task `copy`: a file or a tree of the control machine. */
import { defineTask } from '../lib/model/task.ts';
import { copies } from '../lib/resources/file/copy.ts';
import { absolutePath, OWNERSHIP, WRITING } from '../lib/resources/file/file-params.ts';

export default defineTask({
  summary: 'A file of this machine on the host, or a whole tree',
  examples: [
    `
- task: copy
  with: { src: files/site, dest: /var/www/site, owner: www-data }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['src', 'dest'],
    properties: {
      src: {
        type: 'string',
        format: 'local-path',
        description: 'A file or folder beside the runbook.',
      },
      dest: absolutePath('Where it is to be, under its own name on the host. Its folder must be there.'),
      ...OWNERSHIP,
      mode: {
        ...OWNERSHIP.mode,
        description:
          'Permission bits of files in octal, in quotes. Left out: "0755" for files that may be executed here, "0644" for others.',
      },
      directory_mode: {
        ...OWNERSHIP.mode,
        default: '0755',
        description: 'Permission bits of folders in octal, in quotes.',
      },
      ...WRITING,
    },
  },
  desire({ src, dest, directory_mode, ...rest }, ctx) {
    return copies(ctx.local(src), dest, { ...rest, directoryMode: directory_mode });
  },
});
