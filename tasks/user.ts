/** The task `user`: accounts. */
import { Secret } from '../lib/base/secret.ts';
import { Unknown } from '../lib/base/unknown.ts';
import { defineTask } from '../lib/model/task.ts';
import { type UserState, user } from '../lib/resources/user/user.ts';

const NAME = '^[A-Za-z_][A-Za-z0-9_.-]{0,31}$';

export default defineTask({
  summary: 'A user account with these properties',
  examples: [
    `
- task: user
  with: { name: nora, groups: [sudo], shell: /bin/bash, comment: Nora }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: {
        type: 'string',
        pattern: NAME,
        $comment: 'must be letters, digits, _ . and -, beginning with a letter or _, at most 32',
        description: 'Login name.',
      },
      state: {
        enum: ['present', 'absent'],
        default: 'present',
        description: 'Whether the user is there. Removing a user keeps the home folder, see `remove_home`.',
      },
      uid: {
        type: 'integer',
        minimum: 0,
        description: 'Number of the user. Left out: the host chooses, and it is not checked.',
      },
      group: {
        type: 'string',
        pattern: NAME,
        $comment: 'must be letters, digits, _ . and -, beginning with a letter or _, at most 32',
        description: 'Primary group, which must exist. Left out: a group of the same name.',
      },
      groups: {
        type: 'array',
        items: {
          type: 'string',
          pattern: NAME,
          $comment: 'must be letters, digits, _ . and -, beginning with a letter or _, at most 32',
        },
        description:
          'Supplementary groups, which must exist. They are added; others stay unless `exact_groups`.',
      },
      exact_groups: {
        type: 'boolean',
        default: false,
        description: 'The user is in no supplementary group beyond `groups`.',
      },
      shell: {
        type: 'string',
        pattern: '^/',
        $comment: 'must be an absolute path',
        description: 'Login shell, an absolute path.',
      },
      home: {
        type: 'string',
        pattern: '^/[^:]*$',
        $comment: 'must be an absolute path without a colon',
        description: 'Home folder; default /home/NAME for a new user. An existing folder is not moved.',
      },
      create_home: {
        type: 'boolean',
        description: 'Make the home folder together with a new user. Default: yes, but for system users no.',
      },
      system: {
        type: 'boolean',
        default: false,
        description: 'A new user gets a number of the system range and no home folder.',
      },
      comment: {
        type: 'string',
        pattern: '^[^:\\n]*$',
        $comment: 'must be one line without a colon',
        description: 'Full name or purpose (the GECOS field).',
      },
      password: {
        type: 'string',
        format: 'secret',
        description:
          'A crypt hash (as of `openssl passwd -6`), from `secrets`. Left out: the password is not touched.',
      },
      locked: {
        type: 'boolean',
        description: 'Whether logging in with the password is locked. Keys are not affected.',
      },
      remove_home: {
        type: 'boolean',
        default: false,
        description:
          'With `state: absent`: delete the home folder and the mail spool too. There is no way back.',
      },
    },
  },
  outputs: {
    uid: { type: 'integer', description: 'Number of the user.' },
    gid: { type: 'integer', description: 'Number of the primary group.' },
    home: { type: 'string', description: 'Home folder.' },
  },
  desire({ name, state = 'present', password, ...rest }) {
    return [
      user(name, {
        state,
        uid: rest.uid,
        group: rest.group,
        groups: rest.groups,
        exactGroups: rest.exact_groups,
        shell: rest.shell,
        home: rest.home,
        createHome: rest.create_home,
        system: rest.system,
        comment: rest.comment,
        password: password === undefined ? undefined : secretOf(password),
        locked: rest.locked,
        removeHome: rest.remove_home,
      }),
    ];
  },
  output({ name }, at) {
    const found = at<UserState>(`user:${name}`);
    if (found === undefined) return {};
    if (found instanceof Unknown) return { uid: found, gid: found, home: found };
    return { uid: found.uid, gid: found.gid, home: found.home };
  },
});

/** A hash written into the runbook itself is treated as the secret that it is. */
function secretOf(value: unknown): Secret {
  return value instanceof Secret ? value : new Secret('password', String(value));
}
