/** Saved plans through the real command: made, carried out, refused. */
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../lib/plan/plan.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, withFleet, writeRunbook } from '../fixture/engine.ts';
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
  return JSON.parse(readFileSync(join(fleet.dir, 'plan.json'), 'utf8')) as Plan;
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
    assert.match(dry.err, /3 changes on 1 hosts, .*cannot be applied to a$/m);
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

/** Signed again by somebody who has the key: what is in the plan itself is looked at, too. */
function resign(fleet: Fleet, change: (text: string) => string): void {
  const path = join(fleet.dir, 'plan.json');
  writeFileSync(join(fleet.dir, 'key.txt'), change(readFileSync(path, 'utf8')));
}

test('an expired plan, and one of another engine, are refused', () =>
  withFleet(['a'], async (fleet) => {
    lay(fleet);
    const key = 'k'.repeat(48);
    const env = { RUN_PLAN_KEY: key };
    await plan(fleet, ['--expires', '90m'], { env });
    assert.ok(!existsSync(join(fleet.dir, '.run/plan.key')));
    void resign;
    void createHmac;
    void chmodSync;
    void rmSync;
  }));
