/** The task `wireguard_key`: a key pair of WireGuard whose private half never leaves the host. */
import { posix } from 'node:path';
import { Unknown } from '../lib/base/unknown.ts';
import { defineTask } from '../lib/model/task.ts';
import { directory } from '../lib/resources/file/directory.ts';
import { absolutePath, STATE } from '../lib/resources/file/file-params.ts';
import { packages } from '../lib/resources/package/package.ts';
import { publicHalf, wireguardKey } from '../lib/resources/wireguard/wireguard-key.ts';
import { type WireguardKeyState, wireguardKeyKey } from '../lib/resources/wireguard/wireguard-key-kind.ts';

const FOLDER = '/etc/wireguard';
const PATH = `${FOLDER}/wg0.key`;

export default defineTask({
  summary: 'A key pair of WireGuard, made on the host; its public half is an output',
  examples: [
    `
- task: wireguard_key
  with: { path: /etc/wireguard/wg0.key }
- task: file
  with: { path: /etc/wireguard/wg0.pub, content: "\${{ steps.wireguard_key.outputs.public_key }}" }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      path: {
        ...absolutePath(
          'File of the private key, mode 0600 of root. A key that is there stays; one that is damaged is an error.',
        ),
        default: PATH,
      },
      rotate: {
        type: ['string', 'integer'],
        pattern: '^[^\\n]{1,200}$',
        $comment: 'must be one line of at most 200 characters',
        description:
          'A word or number of your choice (a date, a counter). Each time it changes, a new pair takes the place of the old one. Left out: the pair stays.',
      },
      state: STATE,
    },
  },
  outputs: {
    public_key: {
      type: 'string',
      description: 'The public half, 44 characters of base64. Empty with `state: absent`.',
    },
  },
  desire({ path = PATH, rotate, state }) {
    if (state === 'absent') return [wireguardKey(path, { absent: true })];
    return [
      ...packages(['wireguard-tools'], { state: 'present' }),
      ...(posix.dirname(path) === FOLDER
        ? [directory(FOLDER, { owner: 'root', group: 'root', mode: '0700' })]
        : []),
      wireguardKey(path, { rotate: rotate === undefined ? undefined : String(rotate) }),
    ];
  },
  output({ path = PATH, state }, at) {
    if (state === 'absent') return { public_key: '' };
    const found = at<WireguardKeyState>(wireguardKeyKey(path));
    if (found === undefined) return {};
    return { public_key: found instanceof Unknown ? found : publicHalf(found) };
  },
});
