/** The task `symlink`: a symbolic link to this target. */
import { defineTask } from '../lib/model/task.ts';
import { absolutePath, OWNERSHIP, STATE } from '../lib/resources/file/file-params.ts';
import { symlink } from '../lib/resources/file/symlink.ts';

export default defineTask({
  summary: 'A symbolic link to this target',
  examples: [
    `
- task: symlink
  with: { path: /etc/nginx/sites-enabled/site, target: ../sites-available/site }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: absolutePath('Where the link is. Its folder must be there.'),
      target: {
        type: 'string',
        minLength: 1,
        description:
          'Where it points: an absolute path, or one from the folder of the link. It need not be there.',
      },
      state: STATE,
      owner: OWNERSHIP.owner,
      group: OWNERSHIP.group,
      force: {
        type: 'boolean',
        default: false,
        description: 'Replace a file that stands there. Otherwise a file is refused; a folder always is.',
      },
    },
    allOf: [
      {
        $comment: '`target` is missing',
        anyOf: [
          { required: ['target'] },
          { required: ['state'], properties: { state: { const: 'absent' } } },
        ],
      },
    ],
  },
  desire({ path, state, ...rest }) {
    return [symlink(path, state === 'absent' ? { absent: true } : rest)];
  },
});
