/**
 * A secret in every place where one may stand, and every verb and flag that prints: nothing of it is told, in whatever
 * form. What is looked for is encoded by test/fixture/canary.ts, which knows nothing of the code that masks.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RUN_FLAGS } from '../../lib/cli/flag.ts';
import { refuseCanary } from '../fixture/canary.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, withFleet, writeRunbook } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('canary');

const TOKEN = 'canary-7d1f/93+aa=b"c\'d&e<f %41';
const KEY = [
  '-----BEGIN OPENSSH PRIVATE KEY-----',
  'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW',
  'QyNTUxOQAAACDm4nVYH7TjHhJqWUdAp0o3cTzqN1yzkUe5oQyYkY0mVwAAAJjH0zYWx9M2',
  '-----END OPENSSH PRIVATE KEY-----',
  '',
].join('\n');
const HASH =
  '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/';
const PSK = 'yO3oPlLJWUdAp0o3cTzqN1yzkUe5oQyYkY0mVwAAAJg=';
const BECOME = 'canary-become-5b0c9';
const SECRETS = { TOKEN, KEY, HASH, PSK, BECOME };

/** Throws with the secret in its message, where it is told to. */
const LEAKY = `
import { defineKind, defineTask, type Key, sh } from 'tightbeam';
const value = (hint) => (hint ? hint.secret.reveal() : '');
const leak = (hint, where) => { if (hint?.where === where) throw new Error('boom ' + value(hint) + ' ' + Buffer.from('x' + value(hint)).toString('base64')); };
const kind = defineKind({
  name: 'leaky', limitMs: 5000, absent: { exists: false },
  read(wants) { leak(wants[0].hint, 'read'); return sh\`:\`; },
  parse(out, wants) { leak(wants[0].hint, 'parse'); return wants.map(({ key }) => ({ key, state: { exists: true } })); },
});
export default defineTask({
  summary: 'Throws',
  params: { type: 'object', additionalProperties: false, required: ['secret', 'where'], properties: {
    secret: { format: 'secret', description: 'Of a test.' }, where: { type: 'string', description: 'Of a test.' } } },
  desire({ secret, where }) {
    const hint = { secret, where };
    if (secret?.reveal?.().length > 10) {
      if (where === 'later') setTimeout(() => { throw Object.assign(new Error('boom ' + secret.reveal()), { value: secret.reveal() }); }, 0);
      leak(hint, 'desire');
    }
    return [{ kind, key: 'leaky:x' as Key, hint, plan() { leak(hint, 'plan'); return null; } }];
  },
});
`;

const HEAD = `
secrets: { token: { env: TOKEN }, key: { env: KEY }, hash: { env: HASH }, psk: { env: PSK }, become: { env: BECOME } }
vars: { list: [one, two] }
`;

/** Every place for a secret, and everything that might show one. */
const EVERYWHERE = `${HEAD}
steps:
  - { id: folder, task: directory, with: { path: /srv/app, mode: "0700" } }
  - { id: kept, task: file, with: { path: /srv/app/key, content: "\${{ secrets.key }}" } }
  - { id: coded, task: file, with: { path: /srv/app/coded, base64: "\${{ secrets.psk }}" } }
  - { id: joined, task: file, with: { path: /srv/app/conf, content: "token = \${{ secrets.token }}\\nupper = \${{ secrets.token.upperAscii() }}\\n" } }
  - { id: filled, task: template, with: { src: files/app.liquid, dest: /srv/app/app.json, values: { token: "\${{ secrets.token }}" } } }
  - { id: each, task: file, foreach: "\${{ vars.list }}", with: { path: "/srv/app/\${{ item }}", content: "\${{ secrets.token }}" } }
  - { id: open, task: file, with: { path: /srv/app/open, content: "plain\\n", mode: "0644" } }
  - { id: plain, task: line, with: { path: /srv/app/plain, line: "end", create: true } }
  - { id: env, task: command, env: { APP: "\${{ secrets.token }}" }, with: { argv: [sh, -c, "printenv APP; printenv APP | base64; printenv OTHER >&2"], env: { OTHER: "\${{ secrets.key }}" }, changed: never } }
  - { id: stdin, task: command, with: { argv: [sh, -c, "base64; base64 -w0 /srv/app/key; od -An -tx1 /srv/app/key | tr -d ' '; sha256sum /srv/app/*; exit 3"], stdin: "\${{ secrets.key }}" }, ignore_errors: "of a test" }
  - { id: person, task: user, with: { name: canary, password: "\${{ secrets.hash }}" } }
`;

const FAILING: Readonly<Record<string, string>> = {
  'a validation that prints the file': `file, with: { path: /srv/app/v, content: "\${{ secrets.key }}", validate: "cat %s; base64 %s >&2; false" }`,
  'a command that prints its stdin': `command, with: { argv: [sh, -c, "tee /dev/stderr; exit 9"], stdin: "\${{ secrets.token }}" }`,
  'a user whose password is no hash': `user, with: { name: canary, password: "\${{ secrets.token }}" }`,
  'desire throws': `leaky, with: { secret: "\${{ secrets.token }}", where: desire }`,
  'read throws': `leaky, with: { secret: "\${{ secrets.key }}", where: read }`,
  'parse throws': `leaky, with: { secret: "\${{ secrets.key }}", where: parse }`,
  'plan throws': `leaky, with: { secret: "\${{ secrets.token }}", where: plan }`,
  'a crash, later': `leaky, with: { secret: "\${{ secrets.key }}", where: later }`,
};

interface Ran {
  readonly code: number | null;
  readonly text: string;
}

async function ran(
  fleet: Fleet,
  argv: readonly string[],
  more: NodeJS.ProcessEnv = {},
  signal?: RegExp,
): Promise<Ran> {
  const child = spawn(RUN, [...argv, '--project', fleet.dir], {
    cwd: fleet.dir,
    env: { PATH: process.env.PATH, HOME: join(fleet.dir, 'home'), NO_COLOR: '1', ...SECRETS, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += chunk;
      if (signal?.test(text)) child.kill('SIGINT');
    });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  // What makes a runner of GitHub Actions mask: the one place where a secret is meant to be.
  const plain = text.replace(/^::add-mask::.*\n/gm, '');
  for (const [name, secret] of Object.entries(SECRETS))
    refuseCanary(`${argv.join(' ')}: ${name}`, plain, secret);
  return { code, text: plain };
}

/** Everything that the run has left in the project, but for the sources. */
function leftBehind(fleet: Fleet): void {
  for (const name of readdirSync(fleet.dir, { recursive: true, encoding: 'utf8' })) {
    const path = join(fleet.dir, name);
    if (!/(^|\/)(\.run|out)\//.test(name) || /\.run\/types/.test(name)) continue;
    let text: string;
    try {
      text = readFileSync(path, 'latin1');
    } catch {
      continue;
    }
    for (const [of, secret] of Object.entries(SECRETS)) refuseCanary(`${name}: ${of}`, text, secret);
  }
}

const inventory = (fleet: Fleet): string => join(fleet.dir, 'inventory/lab');
const words = (fleet: Fleet, ...flags: string[]): string[] => ['book', inventory(fleet), ...flags];

function lay(fleet: Fleet, book: string): void {
  fleet.file('tasks/leaky.ts', LEAKY);
  fleet.file('runbooks/files/app.liquid', '{ "token": "{{ token }}", "coded": "{{ token | upcase }}" }\n');
  fleet.file('out/.keep', '');
  writeRunbook(fleet.dir, book);
}

const FORMATS = RUN_FLAGS.find(({ name }) => name === 'format')?.choices ?? [];
const SHOWING: readonly (readonly string[])[] = [
  ['--verbose', '--diff'],
  ['--json'],
  ['--quiet'],
  ...FORMATS.map((format) => ['--format', format]),
  ['--events', 'out/events.jsonl'],
];

test(
  'dry runs and runs in every format, with what hosts hold of it',
  () =>
    withFleet(['a'], async (fleet) => {
      lay(fleet, EVERYWHERE);
      const key = Buffer.from(KEY).toString('base64');
      fleet
        .server('a')
        .run(
          `mkdir -p /srv/app; echo ${key} | base64 -d | tee /srv/app/open >/srv/app/plain; echo old >/srv/app/key`,
        );
      assert.ok(FORMATS.length >= 5);
      for (const flags of SHOWING) {
        const { code, text } = await ran(fleet, words(fleet, '--dry-run', ...flags));
        assert.is(code, 0, text);
      }
      const dry = await ran(fleet, words(fleet, '--dry-run', '-v'), { GITHUB_ACTIONS: 'true' });
      // It was there to be masked.
      assert.match(dry.text, /‹secret key›/);
      await ran(fleet, words(fleet, '--format', 'github'), {
        GITHUB_ACTIONS: 'true',
        GITHUB_STEP_SUMMARY: join(fleet.dir, 'out/summary.md'),
        RUN_BECOME_PASSWORD: BECOME,
      });
      assert.ok(existsSync(join(fleet.dir, 'out/summary.md')));
      for (const flags of SHOWING) await ran(fleet, words(fleet, ...flags));
      leftBehind(fleet);
      // Nothing of it stood in a list of arguments on the host, nor is left there but where it belongs.
      for (const { command } of fleet.server('a').execs)
        for (const [name, secret] of Object.entries(SECRETS)) refuseCanary(`exec: ${name}`, command, secret);
    }),
  240_000,
);

for (const [why, step] of Object.entries(FAILING))
  test(
    `a failure: ${why}`,
    () =>
      withFleet(['a'], async (fleet) => {
        lay(
          fleet,
          `${HEAD}\nsteps:\n  - { id: folder, task: directory, with: { path: /srv/app } }\n  - { id: bad, task: ${step} }\n`,
        );
        for (const flags of [['-v'], ['--json'], ['--format', 'junit'], ['--dry-run']]) {
          const { code, text } = await ran(fleet, words(fleet, ...flags));
          if (flags[0] !== '--dry-run') assert.is.not(code, 0, text);
          if (/throws|crash/.test(why)) assert.match(text, /boom ‹secret (token|key)›/, text);
        }
        leftBehind(fleet);
      }),
    120_000,
  );

test(
  'other verbs',
  () =>
    withFleet(['a'], async (fleet) => {
      lay(fleet, EVERYWHERE);
      fleet.file('inventory/lab/group_vars/all.yaml', 'site: x\n');
      const where = inventory(fleet);
      const verbs: readonly (readonly string[])[] = [
        ['validate'],
        ['validate', '--json'],
        ['graph', 'book', where],
        ['inventory', where],
        ['inventory', where, '--json'],
        ['explain', where, 'a', 'site', '--runbook', 'book'],
        ['explain', where, 'a', 'list', '--runbook', 'book', '--json'],
        ['book', where, '--list-steps'],
        ['book', where, '--syntax-check'],
        ['config'],
      ];
      for (const argv of verbs) await ran(fleet, argv);
      await ran(fleet, ['exec', where, '--shell', `printf '%s' "$SUDO"; echo x`], {
        RUN_BECOME_PASSWORD: BECOME,
      });
      await ran(fleet, ['exec', where, '--shell', `echo ${BECOME} | base64; echo ${BECOME}`], {
        RUN_BECOME_PASSWORD: BECOME,
        NOTE: 'said by ourselves',
      });
    }),
  120_000,
);

test(
  'an interrupted run',
  () =>
    withFleet(['a'], async (fleet) => {
      lay(
        fleet,
        `${HEAD}\nsteps:\n  - { id: slow, task: command, with: { argv: [sh, -c, "cat; base64 /proc/self/environ; sleep 20"], stdin: "\${{ secrets.key }}", env: { T: "\${{ secrets.token }}" } } }\n`,
      );
      const { code } = await ran(fleet, words(fleet, '-v'), {}, /connected/);
      assert.ok(code === 130 || code === 2, String(code));
    }),
  60_000,
);

test(
  'bundles, and dry runs against them',
  () =>
    withFleet(['a'], async (fleet) => {
      lay(fleet, EVERYWHERE);
      fleet
        .server('a')
        .run(`mkdir -p /srv/app; echo ${Buffer.from(KEY).toString('base64')} | base64 -d >/srv/app/plain`);
      const bundle = join(fleet.dir, 'out/bundle.json');
      const { code, text } = await ran(fleet, [
        'facts',
        inventory(fleet),
        '--runbook',
        'book',
        '--out',
        bundle,
      ]);
      assert.is(code, 0, text);
      leftBehind(fleet);
      for (const flags of SHOWING) await ran(fleet, words(fleet, '--dry-run', '--against', bundle, ...flags));
    }),
  120_000,
);

test(
  'plans, what is applied of them, and what has drifted meanwhile',
  () =>
    withFleet(['a', 'b'], async (fleet) => {
      lay(fleet, EVERYWHERE);
      const coded = Buffer.from(KEY).toString('base64');
      for (const host of ['a', 'b'])
        fleet
          .server(host)
          .run(
            `mkdir -p /srv/app; echo ${coded} | base64 -d | tee /srv/app/plain >/srv/app/open; echo old >/srv/app/key`,
          );
      const plan = join(fleet.dir, 'out/plan.json');
      const made = await ran(fleet, words(fleet, '--dry-run', '--out', plan));
      assert.is(made.code, 0, made.text);
      // Under the key of plans a secret that changes has marks, the same in every format and in the plan.
      const [mark = ''] = /‹key [0-9a-f]{4}→[0-9a-f]{4}›/.exec(made.text) ?? [];
      assert.is.not(mark, '', made.text);
      leftBehind(fleet);
      // Drift: the file that is managed as a plain one now holds another secret, and more.
      fleet.server('a').run(`printf '%s' '${PSK}' >>/srv/app/open; base64 /srv/app/key >>/srv/app/plain`);
      for (const flags of [
        ['--dry-run', '-v'],
        ['--dry-run', '--json'],
        ['--dry-run', '--format', 'markdown'],
        ['-v'],
      ]) {
        const { code, text } = await ran(fleet, ['apply', plan, ...flags]);
        assert.is(code, 3, text);
        assert.match(text, /has changed since|changed since the plan/);
      }
      leftBehind(fleet);
      for (const flags of [['-v'], ['--json'], ['--format', 'markdown']])
        await ran(fleet, ['drift', inventory(fleet), ...flags]);
    }),
  240_000,
);

test('the engine of the command is read byte by byte: nothing in it is more than a byte, and the front is small', () => {
  // Else an expression that looks for the checksums of secrets looks for something else.
  assert.ok(spawnSync(RUN, ['--version']).status === 0);
  const engine = readFileSync(join(dirname(RUN), 'dist/engine.cjs'), 'latin1');
  assert.is(/.{0,40}[^\0-\x7f]/.exec(engine)?.[0], undefined);
  // What is loaded at each start is small: renderers and the reader of YAML are the engine's.
  const front = readFileSync(join(dirname(RUN), 'dist/cli.cjs'), 'latin1');
  assert.ok(front.length < 90_000, `the front of the command has ${front.length} bytes`);
});
