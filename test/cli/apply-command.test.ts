/** Saved plans through the real command: made, carried out, refused. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../lib/plan/plan.ts';
import { readKeyText } from '../../lib/plan/plan-key.ts';
import { planText } from '../../lib/plan/signed.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, repository, withFleet, writeRunbook } from '../fixture/engine.ts';
import { checkPlan } from '../fixture/plan-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('run apply');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface How {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function cli(fleet: Fleet, argv: readonly string[], { cwd, env }: How = {}): Promise<Ran> {
  const child = spawn(RUN, argv, {
    cwd: cwd ?? fleet.dir,
    env: { PATH: process.env.PATH, HOME: join(fleet.dir, 'home'), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

const BOOK = `
steps:
  - { id: folder, task: directory, with: { path: /srv/app } }
  - { id: conf, task: template, with: { src: ../files/conf.liquid, dest: /srv/app/conf } }
  - { id: word, task: file, with: { path: /srv/word, content: "\${{ vars.word }}\\n" } }
`;

function lay(fleet: Fleet): void {
  writeRunbook(fleet.dir, BOOK);
  fleet.file('files/conf.liquid', 'port = {{ vars.port }}\n');
  fleet.file('inventory/lab/group_vars/all.yaml', 'port: 80\nword: one\n');
  for (const server of Object.values(fleet.servers)) server.run('mkdir -p /srv');
}

const DRY = ['book', 'inventory/lab', '--dry-run', '--out', 'plan.json'];

async function plan(fleet: Fleet, more: readonly string[] = [], how: How = {}): Promise<Plan> {
  const ran = await cli(fleet, [...DRY, ...more], how);
  assert.is(ran.code, 0, ran.out + ran.err);
  const made = JSON.parse(readFileSync(join(fleet.dir, 'plan.json'), 'utf8')) as Plan;
  checkPlan(made);
  return made;
}

function logins(fleet: Fleet): number {
  return Object.values(fleet.servers).reduce((sum, server) => sum + server.logins(), 0);
}

test('what was planned is carried out from elsewhere, with runbook, inventory and files gone', () =>
  withFleet(['a', 'b'], async (fleet) => {
    lay(fleet);
    const dry = await cli(fleet, DRY);
    assert.is(dry.code, 0, dry.err);
    assert.match(dry.err, /^plan: plan\.json: 6 changes on 2 hosts, until \d{4}-/m);
    assert.match(dry.err + dry.out, /run apply plan\.json/);
    const path = join(fleet.dir, 'plan.json');
    assert.is(statSync(path).mode & 0o777, 0o600);
    assert.is(statSync(join(fleet.dir, '.run/plan.key')).mode & 0o777, 0o600);
    assert.is(readFileSync(join(fleet.dir, '.run/.gitignore'), 'utf8'), '*\n');
    const text = readFileSync(path, 'utf8');
    assert.equal(
      text.split('\n').filter((line) => line.includes(fleet.dir)),
      [],
      'paths are those of any machine',
    );
    // Runbook, inventory, templates and variables may go.
    const away = join(fleet.dir, 'home/away');
    mkdirSync(away);
    for (const folder of ['runbooks', 'inventory', 'files'])
      renameSync(join(fleet.dir, folder), join(away, folder));
    const run = await cli(fleet, ['apply', path], { cwd: '/' });
    assert.is(run.code, 0, run.out + run.err);
    for (const host of ['a', 'b'])
      assert.is(fleet.server(host).run('cat /srv/app/conf /srv/word'), 'port = 80\none\n');
    const again = await cli(fleet, ['apply', path], { cwd: '/' });
    assert.is(again.code, 3, 'it has been carried out: the hosts are others now');
  }));

test('what was edited after saving changes nothing', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    await plan(fleet);
    writeRunbook(fleet.dir, BOOK.replace('/srv/word', '/srv/other'));
    fleet.file('files/conf.liquid', 'nothing\n');
    fleet.file('inventory/lab/group_vars/all.yaml', 'port: 81\nword: two\n');
    fleet.file('tasks/file.ts', 'this is no task');
    const run = await cli(fleet, ['apply', 'plan.json']);
    assert.is(run.code, 0, run.out + run.err);
    assert.is(fleet.server('a').run('cat /srv/app/conf /srv/word; ls /srv'), 'port = 80\none\napp\nword\n');
  }));

test('one byte on one host refuses that host; --strict refuses all; --limit narrows', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    lay(fleet);
    await plan(fleet);
    fleet.server('a').run('echo x >/srv/word');
    const written = fleet.server('b').written();
    const strict = await cli(fleet, ['apply', 'plan.json', '--strict']);
    assert.is(strict.code, 3, strict.out + strict.err);
    assert.match(strict.out, /file:\/srv\/word has changed since the plan was made/);
    assert.equal(fleet.server('b').written(), written);
    const other = await cli(fleet, ['apply', 'plan.json', '--limit', 'c', '--strict']);
    assert.is(other.code, 0, other.out + other.err);
    assert.equal(fleet.server('b').written(), written);
    const look = await cli(fleet, ['apply', 'plan.json', '--dry-run', '--limit', 'a,b']);
    assert.is(look.code, 3);
    assert.equal(fleet.server('b').written(), written);
    const run = await cli(fleet, ['apply', 'plan.json', '--limit', 'a,b']);
    assert.is(run.code, 3, run.out + run.err);
    assert.match(
      run.out + run.err,
      /run runbooks\/book\.yaml inventory\/lab\/hosts\.yaml .*--limit a --dry-run --out plan\.json/,
    );
    assert.is(fleet.server('b').run('cat /srv/word'), 'one\n');
    assert.is(fleet.server('a').run('cat /srv/word'), 'x\n');
    const none = await cli(fleet, ['apply', 'plan.json', '--limit', 'nobody']);
    assert.is(none.code, 1);
  }));

test('a host that was not reached, or cannot be, keeps --strict from all', () =>
  withFleet(['a', 'b'], async (fleet) => {
    lay(fleet);
    fleet.server('a').proxy.mode.dropNext = 1000;
    const dry = await cli(fleet, [...DRY, '--timeout', '2']);
    assert.is(dry.code, 4, dry.err);
    assert.match(dry.err, /3 changes on 1 host, .*cannot be applied to a$/m);
    fleet.server('a').proxy.mode.dropNext = 0;
    const written = fleet.server('b').written();
    const strict = await cli(fleet, ['apply', 'plan.json', '--strict']);
    assert.is(strict.code, 3, strict.out + strict.err);
    assert.equal(fleet.server('b').written(), written);
    const run = await cli(fleet, ['apply', 'plan.json']);
    assert.is(run.code, 3, run.out + run.err);
    assert.match(run.out, /could not be reached when the plan was made/);
    assert.is(fleet.server('b').run('cat /srv/word'), 'one\n');
    await plan(fleet, ['--limit', 'b']);
    fleet.server('b').proxy.mode.dropNext = 1000;
    const cut = await cli(fleet, ['apply', 'plan.json', '--strict', '--timeout', '2']);
    assert.is(cut.code, 3, cut.out + cut.err);
  }));

/** What `change` makes of the plan, signed as it was. */
type Tampering = readonly [name: string, change: (text: string) => string, message: RegExp];

function edited(change: (plan: { hosts: { changes: unknown[] }[] }) => void): (text: string) => string {
  return (text) => {
    const plan = JSON.parse(text);
    change(plan);
    return `${JSON.stringify(plan, undefined, 2)}\n`;
  };
}

const CHANGED = /plan\.json was changed after it was signed/;
const CUT = /plan\.json is cut off, or is no plan/;
const TAMPERINGS: readonly Tampering[] = [
  ['a letter of a file', (text) => text.replace('port = {{', 'port = 1{{'), CHANGED],
  ['a number', (text) => text.replace('"v": 1,', '"v": 2,'), CHANGED],
  ['a blank', (text) => text.replace('"v": 1,', '"v":  1,'), CHANGED],
  ['a removed change', edited(({ hosts }) => hosts[0]?.changes.pop()), CHANGED],
  ['changes in another order', edited(({ hosts }) => hosts[0]?.changes.reverse()), CHANGED],
  ['hosts in another order', edited(({ hosts }) => hosts.reverse()), CHANGED],
  ['a removed host', edited(({ hosts }) => hosts.pop()), CHANGED],
  ['a later end', (text) => text.replace(/"expires": "2/, '"expires": "3'), CHANGED],
  [
    'keys in another order',
    (text) => `${JSON.stringify({ hosts: [], ...JSON.parse(text) }, undefined, 2)}\n`,
    CHANGED,
  ],
  [
    'another signature',
    (text) => text.replace(/("signature": ")(.)/, (_, head, first) => `${head}${first === 'A' ? 'B' : 'A'}`),
    CHANGED,
  ],
  [
    'the id of another key',
    (text) => text.replace(/("key": ")./, '$1_'),
    /signed with another key|was changed/,
  ],
  ['without a signature', (text) => text.replace(/,\n {2}"signature": .*/, ''), CUT],
  ['more behind it', (text) => `${text}{}`, CUT],
  ['nothing', () => '', CUT],
  ['something else', () => '{"v":1}\n', CUT],
  ...[1, 2, 10, 100, 1000, 3000].map(
    (bytes): Tampering => [`${bytes} bytes short`, (text) => text.slice(0, -bytes), CUT],
  ),
];

test('a plan that was tampered with is refused before any connection, each with its reason', () =>
  withFleet(['a', 'b'], async (fleet) => {
    lay(fleet);
    await plan(fleet);
    const path = join(fleet.dir, 'plan.json');
    const text = readFileSync(path, 'utf8');
    const before = logins(fleet);
    for (const [name, change, message] of TAMPERINGS) {
      assert.is.not(change(text), text, `${name} changes something`);
      writeFileSync(path, change(text));
      const run = await cli(fleet, ['apply', 'plan.json']);
      assert.is(run.code, 3, `${name}: ${run.err}`);
      assert.match(run.err, message, name);
    }
    writeFileSync(path, text);
    const other = await cli(fleet, ['apply', 'plan.json'], { env: { RUN_PLAN_KEY: 'x'.repeat(40) } });
    assert.is(other.code, 3);
    assert.match(other.err, /signed with another key/);
    renameSync(join(fleet.dir, '.run/plan.key'), join(fleet.dir, 'home/plan.key'));
    const none = await cli(fleet, ['apply', 'plan.json', '--json']);
    assert.is(none.code, 3);
    assert.match(none.err, /there is no key to verify/);
    assert.match(none.out, /"exit":3,"result":"drifted"/);
    const missing = await cli(fleet, ['apply', 'nowhere.json']);
    assert.is(missing.code, 1);
    assert.match(missing.err, /there is no such file/);
    assert.is(logins(fleet), before, 'nobody connected');
    const run = await cli(fleet, ['apply', 'plan.json', '--plan-key', 'home/plan.key']);
    assert.is(run.code, 0, run.out + run.err);
  }));

/** By somebody who has the key: what stands in the plan itself is looked at, too. */
function resigned(fleet: Fleet, plan: Plan, change: Partial<Plan>): void {
  writeFileSync(join(fleet.dir, 'plan.json'), planText({ ...plan, ...change }, readKeyText(KEY)));
}

const KEY = 'k'.repeat(48);

test('an expired plan, and one of another engine, are refused; a key may be a variable', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    const env = { RUN_PLAN_KEY: KEY };
    const made = await plan(fleet, ['--expires', '90m'], { env });
    assert.is(Date.parse(made.expires) - Date.parse(made.created), 90 * 60_000);
    assert.not(existsSync(join(fleet.dir, '.run/plan.key')), 'none is made that nobody needs');
    const before = logins(fleet);
    const { engine } = made;
    for (const [change, message] of [
      [{ expires: '2020-01-01T00:00:00.000Z' }, /plan\.json expired at 2020/],
      [{ engine: { ...engine, version: '9.9.9' } }, /was made by another run: 9\.9\.9/],
      [{ engine: { ...engine, sum: 'f'.repeat(64) } }, /was made by another run: .*ffff/],
    ] as const) {
      resigned(fleet, made, change);
      const run = await cli(fleet, ['apply', 'plan.json'], { env });
      assert.is(run.code, 3, run.err);
      assert.match(run.err, message);
    }
    assert.is(logins(fleet), before);
    // A file that holds the same key with a line end is the same key.
    resigned(fleet, made, {});
    writeFileSync(join(fleet.dir, 'key'), `${KEY}\n`, { mode: 0o600 });
    const run = await cli(fleet, ['apply', 'plan.json', '--plan-key', 'key']);
    assert.is(run.code, 0, run.out + run.err);
  }));

test('what cannot be a key is refused with its reason, and so is --out where there can be no plan', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    const key = (text: string, mode = 0o600): string[] => {
      const path = join(fleet.dir, 'key');
      rmSync(path, { force: true });
      writeFileSync(path, text, { mode });
      chmodSync(path, mode);
      return [...DRY, '--plan-key', 'key'];
    };
    const cases: readonly (readonly [() => readonly string[], RegExp])[] = [
      [() => key(`ssh-ed25519 ${'A'.repeat(68)} me@here\n`), /key is a public key/],
      [() => key('short\n'), /key has 5 bytes: too few/],
      [() => key(KEY, 0o644), /others may read the key of plans key/],
      [() => [...DRY, '--plan-key', 'nowhere'], /nowhere cannot be read: ENOENT/],
      [() => ['book', 'inventory/lab', '--out', 'plan.json'], /add --dry-run/],
      [() => [...DRY, '--expires', 'soon'], /--expires soon is no time/],
      [() => ['book', 'inventory/lab', '--dry-run', '--out', 'files'], /is a folder/],
      [() => ['book', 'inventory/lab', '--dry-run', '--out', 'no/plan.json'], /there is no such folder/],
    ];
    for (const [words, message] of cases) {
      const run = await cli(fleet, words());
      assert.is(run.code, 1, run.err);
      assert.match(run.err, message);
      assert.not(existsSync(join(fleet.dir, 'plan.json')));
    }
    assert.is(logins(fleet), 0, 'all of it is told before anything connects');
  }));

const SECRET_BOOK = `
secrets: { token: { env: TOKEN }, other: { file: ../home/other } }
steps:
  - { id: token, task: file, with: { path: /srv/token, content: "\${{ secrets.token }}", mode: "0600" } }
  - { id: other, task: file, with: { path: /srv/other, content: "\${{ secrets.other }}", mode: "0600" } }
`;

test('no secret is in the plan; one that has changed refuses all', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    writeRunbook(fleet.dir, SECRET_BOOK);
    const file = join(fleet.dir, 'home/other');
    writeFileSync(file, 'hunter2-other-secret\n', { mode: 0o600 });
    const env = { TOKEN: 'canary/4711+secret' };
    const made = await plan(fleet, [], { env });
    const text = readFileSync(join(fleet.dir, 'plan.json'), 'utf8');
    for (const value of ['canary/4711+secret', 'hunter2-other-secret'])
      for (const form of [
        value,
        Buffer.from(value).toString('base64'),
        Buffer.from(value).toString('hex'),
        encodeURIComponent(value),
      ])
        assert.not(text.includes(form), form);
    assert.equal(Object.keys(made.secrets), ['other', 'token']);
    let before = logins(fleet);
    const changed = await cli(fleet, ['apply', 'plan.json'], { env: { TOKEN: 'another-secret' } });
    assert.is(changed.code, 3, changed.err);
    assert.match(changed.err, /secret token is another one than when the plan was made/);
    assert.not.match(changed.err, /secret other/);
    assert.is(logins(fleet), before);
    const shown = await cli(fleet, ['book', 'inventory/lab', '--dry-run'], { env });
    assert.match(shown.out, /‹token none→[0-9a-f]{4}›/, 'the key of plans tells secrets apart');
    const config = await cli(fleet, ['config'], { env: { RUN_PLAN_KEY: KEY } });
    assert.is(config.code, 0, config.err);
    assert.not(config.out.includes(KEY));
    assert.match(config.out, /plan-key/);
    before = logins(fleet);
    const gone = await cli(fleet, ['apply', 'plan.json']);
    assert.is(gone.code, 1, gone.err);
    assert.match(gone.err, /TOKEN is not set/);
    assert.is(logins(fleet), before);
    const run = await cli(fleet, ['apply', 'plan.json'], { env });
    assert.is(run.code, 0, run.out + run.err);
    assert.is(fleet.server('a').run('cat /srv/token /srv/other'), 'canary/4711+secrethunter2-other-secret');
  }));

test('the value of a secret in a file or a flag: no plan is written', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    writeRunbook(fleet.dir, `${SECRET_BOOK}vars: { word: one }\n`);
    writeFileSync(join(fleet.dir, 'home/other'), 'hunter2-other-secret\n', { mode: 0o600 });
    const env = { TOKEN: 'canary/4711+secret' };
    const flag = await cli(fleet, [...DRY, '-e', 'word=canary/4711+secret'], { env });
    assert.is(flag.code, 1, flag.err);
    assert.match(flag.err, /the value of secret token would stand in the plan/);
    fleet.file('inventory/lab/group_vars/all.yaml', 'port: 80\nword: hunter2-other-secret\n');
    const file = await cli(fleet, DRY, { env });
    assert.is(file.code, 1);
    assert.match(
      file.err,
      /secret other would stand in the plan, with inventory\/lab\/group_vars\/all\.yaml/,
    );
    assert.not.match(file.err, /hunter2/);
    assert.not(existsSync(join(fleet.dir, 'plan.json')));
  }));

test('a private key in a runbook, a variable or a flag: no plan is written; a text that speaks of one is none', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'canary7A'.repeat(10)}\n-----END OPENSSH PRIVATE KEY-----\n`;
    const book = (content: string): string =>
      `steps:\n  - { id: pem, task: file, with: { path: /srv/pem, content: ${JSON.stringify(content)} } }\n`;
    writeRunbook(
      fleet.dir,
      book('begins with -----BEGIN OPENSSH PRIVATE KEY-----, and what follows is secret'),
    );
    assert.is((await cli(fleet, DRY)).code, 0);
    rmSync(join(fleet.dir, 'plan.json'));
    const flag = await cli(fleet, [...DRY, '-e', JSON.stringify({ word: key })]);
    writeRunbook(fleet.dir, book(key));
    const text = await cli(fleet, DRY);
    for (const { code, err } of [flag, text]) {
      assert.is(code, 1, err);
      assert.match(err, /a private key would stand in the plan, with (runbooks\/book\.yaml|--extra-vars)/);
      assert.not.match(err, /canary7A/);
    }
    assert.not(existsSync(join(fleet.dir, 'plan.json')));
  }));

const FILES_BOOK = `
steps:
  - { id: tree, task: copy, with: { src: ../files/tree, dest: /srv/tree } }
  - { id: big, task: copy, with: { src: ../files/big, dest: /srv/big } }
  - { id: key, task: copy, with: { src: ../files/key.pem, dest: /srv/key.pem, mode: "0600" } }
  - { id: own, task: own_notice, with: { text: hello } }
  - { id: word, task: file, with: { path: /srv/word, content: "\${{ vars.word }} \${{ vars.n }}" } }
`;

const OWN = `import { defineTask, file } from 'tightbeam';
import { twice } from '../lib/twice.ts';
export default defineTask({
  summary: 'A notice',
  params: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'], additionalProperties: false },
  desire: ({ text }) => [file('/srv/notice', { content: twice(text) })],
});
`;

test('files of all sorts, tasks of the project, an inventory that a program makes, flags', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    writeRunbook(fleet.dir, FILES_BOOK);
    const pem = '-----BEGIN PRIVATE KEY-----\nnobody reads this\n-----END PRIVATE KEY-----\n';
    const big = 'x'.repeat(300_000);
    const arrange = (): void => {
      fleet.file('files/tree/one.txt', 'one\n');
      fleet.file('files/tree/deep/two.bin', '\u0000\u0001');
      fleet.file('files/big', big);
      fleet.file('files/key.pem', pem);
      fleet.file('tasks/own-notice.ts', OWN);
      fleet.file('lib/twice.ts', 'export const twice = (text: string): string => `${text}${text}`;\n');
    };
    arrange();
    const hosts = readFileSync(join(fleet.dir, 'inventory/lab/hosts.yaml'), 'utf8');
    rmSync(join(fleet.dir, 'inventory/lab/hosts.yaml'));
    rmSync(join(fleet.dir, 'inventory/lab/group_vars'), { recursive: true });
    fleet.file('inventory/lab/hosts', `#!/bin/sh\ncat <<'EOF'\n${hosts}\nEOF\n`);
    chmodSync(join(fleet.dir, 'inventory/lab/hosts'), 0o755);
    fleet.file('vars.yaml', 'n: 7\n');
    const made = await plan(fleet, ['-e', '@vars.yaml', '-e', 'word=given', '--limit', 'a']);
    const text = readFileSync(join(fleet.dir, 'plan.json'), 'utf8');
    assert.not(text.includes('nobody reads this'));
    assert.not(text.includes(big));
    assert.equal(
      made.tasks.map(({ path, inputs }) => [path, Object.keys(inputs).sort()]),
      [['tasks/own-notice.ts', ['lib/twice.ts', 'tasks/own-notice.ts']]],
    );
    for (const name of ['inventory', 'runbooks', 'vars.yaml'])
      rmSync(join(fleet.dir, name), { recursive: true });
    rmSync(join(fleet.dir, 'files/tree'), { recursive: true });
    const before = logins(fleet);
    for (const [name, message] of [
      ['files/big', /files\/big, which the plan sends to hosts, has changed/],
      ['files/key.pem', /files\/key\.pem, which the plan sends to hosts, has changed/],
      ['lib/twice.ts', /lib\/twice\.ts \(of the task tasks\/own-notice\.ts\) has changed/],
      ['tasks/own-notice.ts', /tasks\/own-notice\.ts has changed/],
    ] as const) {
      fleet.file(name, `${readFileSync(join(fleet.dir, name), 'utf8')} `);
      const run = await cli(fleet, ['apply', 'plan.json']);
      assert.is(run.code, 3, `${name}: ${run.err}`);
      assert.match(run.err, message);
      rmSync(join(fleet.dir, name));
      const gone = await cli(fleet, ['apply', 'plan.json']);
      assert.is(gone.code, 3, `${name}: ${gone.err}`);
      assert.match(gone.err, /is not here/);
      arrange();
      rmSync(join(fleet.dir, 'files/tree'), { recursive: true });
    }
    assert.is(logins(fleet), before);
    fleet.server('a').run(`echo '${pem.replace('nobody reads', 'somebody wrote')}' >/srv/key.pem`);
    const drift = await cli(fleet, ['apply', 'plan.json']);
    assert.is(drift.code, 3, drift.out + drift.err);
    assert.match(drift.out, /file:\/srv\/key\.pem has changed/);
    assert.not.match(drift.out + drift.err, /somebody wrote|nobody reads/);
    fleet.server('a').run('rm /srv/key.pem');
    const run = await cli(fleet, ['apply', 'plan.json']);
    assert.is(run.code, 0, run.out + run.err);
    assert.is(
      fleet
        .server('a')
        .run(
          'cat /srv/tree/one.txt /srv/notice /srv/word; wc -c </srv/big; wc -c </srv/tree/deep/two.bin; cat /srv/key.pem',
        ),
      `one\nhellohellogiven 7300000\n2\n${pem}`,
    );
  }));

const LATE_BOOK = `
steps:
  - { id: made, task: command, with: { argv: [sh, -c, "echo one >/srv/out"], creates: /srv/out } }
  - { id: read, task: command, with: { argv: [cat, /srv/out], changed: never } }
  - { id: conf, task: file, with: { path: /srv/conf, content: "\${{ steps.read.outputs.stdout }}" } }
  - { id: last, task: file, with: { path: /srv/last, content: "x" } }
`;

test('both schemas say the same of differences', () => {
  const of = (name: string): unknown =>
    JSON.parse(readFileSync(join(repository, 'docs', name), 'utf8')).$defs.difference;
  assert.equal(of('plan.schema.json'), of('events.schema.json'));
});

test('what is known after apply is planned then', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    writeRunbook(fleet.dir, LATE_BOOK);
    const made = await plan(fleet);
    assert.ok(
      made.hosts[0]?.open.some(({ step }) => step === 'conf'),
      JSON.stringify(made.hosts[0]?.open),
    );
    const run = await cli(fleet, ['apply', 'plan.json', '--strict']);
    assert.is(run.code, 0, run.out + run.err);
    assert.is(fleet.server('a').run('cat /srv/conf /srv/last'), 'onex');
  }));

test('a dry run that was interrupted, or refused by a guard, leaves the plan of before', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    await plan(fleet);
    const text = readFileSync(join(fleet.dir, 'plan.json'), 'utf8');
    const refused = await cli(fleet, [...DRY, '--max-changes', '1']);
    assert.is(refused.code, 3, refused.err);
    assert.is(readFileSync(join(fleet.dir, 'plan.json'), 'utf8'), text);
    assert.equal(
      readdirSync(fleet.dir).filter((name) => name.startsWith('plan.json')),
      ['plan.json'],
    );
  }));

test('limits and policies of today see a saved plan before anything connects', () =>
  withFleet(['a', 'b'], async (fleet) => {
    lay(fleet);
    await plan(fleet);
    const before = logins(fleet);
    const limit = await cli(fleet, ['apply', 'plan.json', '--max-hosts', '1']);
    assert.is(limit.code, 3, limit.err);
    assert.match(limit.out, /REFUSED: 2 hosts would change, and --max-hosts allows 1/);
    fleet.file(
      'policies/no.ts',
      "export default { summary: 'no', review: (p: any) => p.hosts.filter((h: any) => h.name === 'b').map((h: any) => ({ reason: 'not ' + h.groups, host: h.name })) };\n",
    );
    const policy = await cli(fleet, ['apply', 'plan.json', '--json']);
    assert.is(policy.code, 3, policy.err);
    const [refusal, recap] = policy.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(
      [refusal.kind, refusal.message, refusal.policy, refusal.host],
      ['refusal', 'not all', 'policies/no.ts', 'b'],
    );
    assert.equal([recap.exit, recap.result], [3, 'drifted']);
    assert.is(logins(fleet), before);
    const rest = await cli(fleet, ['apply', 'plan.json', '--limit', 'a']);
    assert.is(rest.code, 0, rest.out + rest.err);
    assert.is(fleet.server('b').run('ls /srv'), '');
  }));

test('what was allowed when the plan was made is allowed when it is applied', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    writeRunbook(
      fleet.dir,
      'steps:\n  - { id: gone, task: file, protect: true, with: { path: /srv/old, state: absent } }\n',
    );
    fleet.server('a').run('echo old >/srv/old');
    const refused = await cli(fleet, DRY);
    assert.is(refused.code, 3, refused.out);
    assert.not(existsSync(join(fleet.dir, 'plan.json')));
    assert.equal((await plan(fleet, ['--allow', 'gone'])).flags.allow, ['gone']);
    const ran = await cli(fleet, ['apply', 'plan.json']);
    assert.is(ran.code, 0, ran.out + ran.err);
    assert.is(fleet.server('a').run('ls /srv'), '');
  }));
