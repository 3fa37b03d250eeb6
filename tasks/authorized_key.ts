/** The task `authorized_key`: public keys that may log in as a user. */
import { defineTask } from '../lib/model/task.ts';
import { absolutePath, STATE } from '../lib/resources/file/file-params.ts';
import { authorizedKeys } from '../lib/resources/user/authorized-key.ts';

export default defineTask({
  summary: 'Public keys that may log in as a user',
  examples: [
    `
- task: authorized_key
  with:
    user: root
    key:
      - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKpQBho+WzuweMyUk4rkGL+Gj5JbYL7zUb5vZwtQh96E nora
    exclusive: true
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['user', 'key'],
    properties: {
      user: {
        type: 'string',
        pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,31}$',
        $comment: 'must be the name of an account',
        description: 'Login name.',
      },
      key: {
        type: ['string', 'array'],
        items: { type: 'string' },
        description:
          'A line like that in a .pub file, with options before the type where wanted; or a list of them.',
      },
      state: STATE,
      exclusive: {
        type: 'boolean',
        default: false,
        description: 'No other keys: those that are not named are removed.',
      },
      home: absolutePath('The user’s home folder, where it is neither /root nor /home/USER.'),
      path: absolutePath('The file, where sshd does not look in the home folder. Its folder must be there.'),
    },
  },
  desire({ user, key, state, exclusive, home, path }) {
    const keys: readonly string[] = typeof key === 'string' ? [key] : (key as readonly string[]);
    return authorizedKeys({ user, keys, exclusive, home, path, absent: state === 'absent' });
  },
});
