/** The task `wait_for`: a port, a file or a command, until it is as wanted. */
import type { Secret } from '../lib/base/secret.ts';
import { known } from '../lib/base/unknown.ts';
import { defineTask } from '../lib/model/task.ts';
import { GOAL, ORIGIN, originOf, plainAddress } from '../lib/resources/network/check-params.ts';
import { wait } from '../lib/resources/wait/wait.ts';
import type { Look } from '../lib/resources/wait/wait-kind.ts';

const { from, vrf, netns } = ORIGIN;

export default defineTask({
  summary: 'Wait for a port, a file, a text in a file or a command; nothing is changed',
  examples: [
    `
- task: wait_for
  with: { port: 5432, timeout: 120 }
`,
    `
# Until a line of a log matches.
- task: wait_for
  with: { file: /var/log/app.log, contains: "^ready on port [0-9]+" }
`,
    `
# Until it is gone.
- task: wait_for
  with: { file: /run/app.lock, state: absent }
`,
    `
- task: wait_for
  with: { argv: [systemctl, is-active, --quiet, frr] }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      port: {
        type: 'integer',
        minimum: 1,
        maximum: 65_535,
        description: 'TCP port that takes connections; they are opened by the host itself.',
      },
      host: {
        ...GOAL,
        description: 'Address or name for `port`. Left out: the host itself, by 127.0.0.1.',
      },
      from,
      vrf,
      netns,
      file: { type: 'string', format: 'abs-path', description: 'A path that is there.' },
      contains: {
        type: 'string',
        minLength: 1,
        description:
          'With `file`: an extended regular expression of POSIX (`[0-9]` for digits) that a line of it matches.',
      },
      argv: {
        type: 'array',
        minItems: 1,
        items: { type: 'string' },
        description:
          'A program and its arguments, which ends with `status`; it is run again and again, at most 20 s each, and must change nothing. It runs in dry runs, too.',
      },
      shell: { type: 'string', minLength: 1, description: 'The same as text for /bin/sh.' },
      status: {
        type: 'integer',
        minimum: 0,
        maximum: 255,
        description: 'The exit status that is waited for, 0 unless said otherwise.',
      },
      state: {
        enum: ['present', 'absent'],
        default: 'present',
        description:
          '`absent`: until the port takes no connections, the file is gone or matches no more, the command ends otherwise.',
      },
      timeout: {
        type: 'number',
        minimum: 1,
        maximum: 86_400,
        default: 60,
        description: 'Seconds to wait at most; then the step fails, and says what was seen last.',
      },
      interval: {
        type: 'number',
        minimum: 0.1,
        maximum: 3600,
        default: 1,
        description: 'Seconds between two looks, which the host itself takes.',
      },
    },
    allOf: [
      {
        oneOf: [
          { required: ['port'] },
          { required: ['file'] },
          { required: ['argv'] },
          { required: ['shell'] },
        ],
      },
      {
        dependentRequired: {
          host: ['port'],
          from: ['port'],
          vrf: ['port'],
          netns: ['port'],
          contains: ['file'],
        },
      },
    ],
  },
  check({ status, port, file }) {
    if (status === undefined || (port === undefined && file === undefined)) return [];
    return [{ path: ['status'], message: '`status` is that of a command', hint: 'leave it out' }];
  },
  desire({ timeout = 60, interval = 1, state = 'present', ...params }, ctx) {
    const given = Object.entries(ctx.env).map(([name, value]) => [name, known(value)] as const);
    const env = given.length > 0 ? { env: Object.fromEntries(given) } : {};
    return [
      wait({
        look: lookOf(params, env),
        there: state === 'present',
        timeoutMs: timeout * 1000,
        intervalMs: interval * 1000,
        user: ctx.user,
      }),
    ];
  },
});

interface WaitParams {
  readonly port?: number;
  readonly host?: string;
  readonly from?: string;
  readonly vrf?: string;
  readonly netns?: string;
  readonly file?: string;
  readonly contains?: string;
  readonly argv?: readonly string[];
  readonly shell?: string;
  readonly status?: number;
}

function lookOf(
  { port, host, file, contains, argv, shell = '', status = 0, ...origin }: WaitParams,
  env: { readonly env?: Readonly<Record<string, string | Secret>> },
): Look {
  if (port !== undefined)
    return { kind: 'port', to: plainAddress(host ?? '127.0.0.1'), port, origin: originOf(origin) };
  if (file !== undefined) return { kind: 'file', path: file, contains };
  return { kind: 'command', spec: { run: argv === undefined ? { shell } : { argv }, ...env }, status };
}
