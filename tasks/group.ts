/** The task `group`: groups of users. */
import { defineTask } from '../lib/model/task.ts';
import { group } from '../lib/resources/user/group.ts';

export default defineTask({
  summary: 'A group of users',
  examples: [
    `
- task: group
  with: { name: netops, gid: 1500 }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,31}$',
        $comment: 'must be the name of a group: letters, digits, _ . and -, beginning with a letter or _',
        description: 'Name of the group.',
      },
      state: { enum: ['present', 'absent'], default: 'present', description: 'Whether the group is there.' },
      gid: {
        type: 'integer',
        minimum: 0,
        description: 'Number of the group. Left out: the host chooses, and it is not checked.',
      },
      system: {
        type: 'boolean',
        default: false,
        description: 'A new group gets a number of the system range.',
      },
    },
  },
  desire({ name, state = 'present', gid, system }) {
    return [group(name, { state, gid, system })];
  },
});
