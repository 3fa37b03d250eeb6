/** The task `directory`: a folder with this owner and mode. */
import { defineTask } from '../lib/model/task.ts';
import { directory, parentDirectories } from '../lib/resources/file/directory.ts';
import { absolutePath, OWNERSHIP, STATE, WRITING } from '../lib/resources/file/file-params.ts';

export default defineTask({
  summary: 'A folder with this owner and mode',
  examples: [
    `
- task: directory
  with: { path: /srv/app/data, parents: true, owner: root, mode: "0750" }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['path'],
    properties: {
      path: absolutePath('Where the folder is.'),
      state: STATE,
      ...OWNERSHIP,
      parents: {
        type: 'boolean',
        default: false,
        description: 'Make the folders above it too, with mode 0755; those that are there stay as they are.',
      },
      follow: WRITING.follow,
      recursive: {
        type: 'boolean',
        default: false,
        description: 'With `state: absent`: remove it with all that is in it. Without, it must be empty.',
      },
    },
  },
  desire({ path, state, parents, recursive, ...rest }) {
    if (state === 'absent') return [directory(path, { absent: true, recursive })];
    return [...(parents ? parentDirectories(path) : []), directory(path, rest)];
  },
});
