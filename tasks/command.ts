/** The task `command`: a program or shell text, where no other task will do. */
import type { Secret } from '../lib/base/secret.ts';
import { known, Unknown } from '../lib/base/unknown.ts';
import { defineTask, type TaskContext } from '../lib/model/task.ts';
import {
  type CommandState,
  type CommandWish,
  command,
  commandKey,
} from '../lib/resources/command/command.ts';

const GUARD = 'Shell text, run as the same account and in the same folder.';

export default defineTask({
  summary: 'A command, with a guard that tells when there is no need to run it',
  examples: [
    `
# A guard tells when there is no need to run it.
- task: command
  with:
    argv: [mkfs.ext4, /dev/sdb1]
    unless: blkid /dev/sdb1
`,
    `
# A query: it changes nothing, runs in dry runs too, and its output can be used.
- id: uname
  task: command
  with: { argv: [uname], changed: never }
- task: file
  with: { path: /etc/kernel-release, content: "\${{ steps.uname.outputs.stdout }}" }
`,
  ],
  params: {
    type: 'object',
    additionalProperties: false,
    properties: {
      argv: {
        type: 'array',
        minItems: 1,
        items: { type: 'string' },
        description: 'A program and its arguments, each as it is: nothing is expanded.',
      },
      shell: {
        type: 'string',
        minLength: 1,
        description: 'Text for /bin/sh of the host, which need not be bash.',
      },
      chdir: { type: 'string', format: 'abs-path', description: 'Folder to run in, absolute.' },
      env: {
        type: 'object',
        propertyNames: {
          pattern: '^[A-Za-z_][A-Za-z0-9_]*$',
          $comment: 'must be the name of a variable: letters, digits and _',
        },
        additionalProperties: { type: 'string', format: 'secret' },
        description: 'Environment variables on top of the usual ones; values may be secrets.',
      },
      stdin: {
        type: 'string',
        format: 'secret',
        description: 'What it reads on stdin, exactly; may be a secret. Default: nothing.',
      },
      creates: {
        type: 'string',
        format: 'abs-path',
        description:
          'A path that the command makes: it does not run where this exists, and must exist afterwards.',
      },
      unless: {
        type: 'string',
        description: `No need to run when this succeeds; it must succeed afterwards. ${GUARD}`,
      },
      only_if: {
        type: 'string',
        description: `Run only when this succeeds; it must fail afterwards. ${GUARD}`,
      },
      changed: {
        enum: ['never', 'always'],
        description:
          '`never`: a query that alters nothing; it runs also in a dry run, and its output can be used. `always`: an act, counted as a change, without a proof afterwards: the default where there is no guard.',
      },
      effects: {
        oneOf: [{ const: 'none' }, { type: 'array', items: { type: 'string', format: 'abs-path' } }],
        description:
          'Paths of all files that it changes, or `none`. Left out: anything may have changed, so the host is read again before the next step.',
      },
    },
    allOf: [
      { oneOf: [{ required: ['argv'] }, { required: ['shell'] }] },
      {
        if: { required: ['changed'], properties: { changed: { const: 'never' } } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: {
          not: {
            anyOf: ['creates', 'unless', 'only_if', 'effects'].map((name) => ({ required: [name] })),
          },
        },
      },
    ],
  },
  outputs: {
    stdout: {
      type: 'string',
      description: 'What it printed, at most the last 64 KB, without the last line break.',
    },
    rc: { type: 'integer', description: 'Its exit status.' },
  },
  desire(params, ctx) {
    return [command(wishOf(params, ctx))];
  },
  output(params, at, ctx) {
    const state = at<CommandState>(commandKey(wishOf(params, ctx)));
    if (state === undefined) return {};
    if (state instanceof Unknown) return { stdout: state, rc: state };
    return {
      stdout: state.stdout instanceof Unknown ? state.stdout : state.stdout.replace(/\n$/, ''),
      rc: state.rc,
    };
  },
});

interface CommandParams {
  readonly argv?: readonly string[];
  readonly shell?: string;
  readonly chdir?: string;
  readonly env?: Readonly<Record<string, string | Secret>>;
  readonly stdin?: string | Secret;
  readonly creates?: string;
  readonly unless?: string;
  readonly only_if?: string;
  readonly changed?: 'never' | 'always';
  readonly effects?: 'none' | readonly string[];
}

function wishOf(params: CommandParams, ctx: TaskContext): CommandWish {
  const { argv, shell = '', only_if, ...rest } = params;
  // What the step says is for its guards and queries, too; the parameter wins.
  const given = Object.entries(ctx.env).map(([name, value]) => [name, known(value)] as const);
  const env = { ...Object.fromEntries(given), ...params.env };
  return {
    ...rest,
    ...(Object.keys(env).length > 0 ? { env } : {}),
    run: argv === undefined ? { shell } : { argv },
    onlyIf: only_if,
    user: ctx.user,
    handler: ctx.owed !== undefined,
  };
}
