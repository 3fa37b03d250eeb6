/** `run facts` and `--against` as people call them: what is written, who is asked, and what is refused. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bundle } from '../../lib/model/bundle.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import { bundleFaults } from '../fixture/bundle-schema.ts';
import { refuseCanary } from '../fixture/canary.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, repository, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('run facts');
const CANARY = 'ca"na/ry +ü 42';
const DEAF = fileURLToPath(new URL('../fixture/no-network.cjs', import.meta.url));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function cli(
  fleet: Fleet,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const child = spawn(RUN, [...argv, '--project', fleet.dir], {
    cwd: repository,
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

const BOOK = `name: Book
hosts: all
secrets: { word: { env: WORD } }
steps:
  - { id: folder, task: directory, with: { path: /srv/app } }
  - { id: conf, task: file, with: { path: /srv/conf, content: "a\\n" } }
  - { id: known, task: file, with: { path: /srv/word, content: "\${{ secrets.word }}" } }
  - { id: join, task: file, with: { path: /srv/join, content: "\${{ facts.arch }} \${{ secrets.word }}" } }
  - { id: os, task: file, with: { path: /srv/os, content: "\${{ facts.os.id }}\\n" } }
`;
const OTHER = `name: Other
hosts: all
steps:
  - { id: conf, task: line, with: { path: /srv/conf, line: b } }
`;

function prepare(fleet: Fleet): void {
  fleet.file('runbooks/book.yaml', BOOK);
  fleet.file('runbooks/other.yaml', OTHER);
  fleet.file('runbooks/elsewhere.yaml', 'name: Elsewhere\nhosts: moon\nsteps: []\n');
  for (const server of Object.values(fleet.servers)) {
    server.run(`mkdir -p /srv; echo a >/srv/conf; printf %s '${CANARY}' >/srv/word`);
    server.run(`printf %s 'old ${CANARY}' >/srv/join`);
  }
}

const lab = (fleet: Fleet): string => join(fleet.dir, 'inventory/lab');

async function record(
  fleet: Fleet,
  ...flags: string[]
): Promise<{ readonly ran: Ran; readonly path: string }> {
  const path = join(fleet.dir, 'bundle.json');
  const ran = await cli(fleet, ['facts', lab(fleet), '--out', path, ...flags], { WORD: CANARY });
  return { ran, path };
}

/** The same hosts where nobody can reach them: no such name, no such key. */
function nowhere(fleet: Fleet): string {
  const hosts = Object.keys(fleet.servers).map((name) => [
    name,
    { address: `${name}.invalid`, user: 'root', identity: 'no-such-key' },
  ]);
  mkdirSync(join(fleet.dir, 'inventory/far'), { recursive: true });
  writeFileSync(
    join(fleet.dir, 'inventory/far/hosts.yaml'),
    JSON.stringify({ hosts: Object.fromEntries(hosts) }),
  );
  return join(fleet.dir, 'inventory/far');
}

/** Nobody listens where its inventory says. */
function unplug(fleet: Fleet, host: string): void {
  const file = join(lab(fleet), 'hosts.yaml');
  const port = `"port":${fleet.server(host).port}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(port, '"port":1'));
}

/** What is said of each host, in order, without times. */
function told({ out }: Ran): readonly unknown[] {
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  return events
    .filter(({ kind }) => ['change', 'later', 'step', 'check'].includes(kind))
    .map((event) => JSON.stringify(event))
    .sort();
}

test('facts of each host as JSON', () =>
  withFleet(['a', 'b'], async (fleet) => {
    prepare(fleet);
    const all = await cli(fleet, ['facts', lab(fleet)]);
    assert.is(all.code, 0, all.err);
    const facts = JSON.parse(all.out) as Readonly<Record<string, { readonly os: { readonly id: string } }>>;
    assert.equal(Object.keys(facts), ['a', 'b']);
    assert.match(facts.a?.os.id ?? '', /^[a-z]+$/);
    const one = await cli(fleet, ['facts', lab(fleet), '--limit', 'b']);
    assert.equal(Object.keys(JSON.parse(one.out) as object), ['b']);
    const with2 = await cli(fleet, ['facts', lab(fleet), '--runbook', 'book']);
    assert.is(with2.code, 1);
    assert.match(with2.err, /--runbook goes with --out/);
  }));

test('a bundle: one login for all runbooks, 0600, as its schema says, without the secret', () =>
  withFleet(['a', 'b'], async (fleet) => {
    prepare(fleet);
    const logins = (): readonly number[] => Object.values(fleet.servers).map((server) => server.logins());
    const before = logins();
    const turns = Object.values(fleet.servers).map((server) => server.turns());
    const { ran, path } = await record(fleet);
    assert.is(ran.code, 0, ran.err);
    assert.match(ran.out, /bundle\.json: 2 hosts, \d+ states, what book, other look at/);
    assert.match(ran.err, /elsewhere is left out: .*"moon"/);
    assert.equal(
      logins().map((count, index) => count - (before[index] ?? 0)),
      [1, 1],
    );
    // A round trip for each runbook.
    assert.equal(
      Object.values(fleet.servers).map((server, index) => server.turns() - (turns[index] ?? 0)),
      [2, 2],
    );
    const text = readFileSync(path, 'utf8');
    assert.is(statSync(path).mode & 0o777, 0o600);
    const bundle = JSON.parse(text) as Bundle;
    assert.is(bundleFaults(bundle), '');
    assert.ok(bundleFaults({ ...bundle, hosts: { a: { login: {} } } }));
    assert.equal(bundle.runbooks, ['book', 'other']);
    refuseCanary('the bundle', text, CANARY);
    refuseCanary('what was said', ran.out + ran.err, CANARY);
  }));

test('against it nobody is connected to, and the plan is that of the hosts', () =>
  withFleet(['a', 'b'], async (fleet) => {
    prepare(fleet);
    const { path } = await record(fleet);
    const words = ['other', '--dry-run', '--json'];
    const live = await cli(fleet, [...words, '--inventory', lab(fleet)]);
    const far = ['--inventory', nowhere(fleet), '--against', path];
    const offline = await cli(fleet, [...words, ...far], { NODE_OPTIONS: `--require ${DEAF}` });
    assert.is(offline.code, 0, offline.err);
    assert.equal(told(offline), told(live));
    assert.match(offline.out, /"message":"planned on what was recorded on 20\d\d-/);
    // Without its guard the same command would have gone to the hosts.
    const guarded = await cli(fleet, ['other', '--dry-run', '--inventory', lab(fleet)], {
      NODE_OPTIONS: `--require ${DEAF}`,
    });
    assert.is(guarded.code, 99, guarded.err);
    const book = await cli(fleet, ['book', '--dry-run', ...far], { NODE_OPTIONS: `--require ${DEAF}` });
    assert.is(book.code, 0, book.err);
    assert.match(book.out, /known: known after apply: .*the secret word, which is not known here/);
    assert.match(book.out, /file:\/srv\/os {2}create/);
    assert.match(book.out, /next: run book /);
    assert.not.match(book.out, /next: .*--against/);
    refuseCanary('the plan', book.out + book.err, CANARY);
  }));

test('what cannot be is refused with exit 1', () =>
  withFleet(['a'], async (fleet) => {
    prepare(fleet);
    const { path } = await record(fleet, '--runbook', 'book');
    const text = readFileSync(path, 'utf8');
    const plan = (against: string, ...flags: string[]): Promise<Ran> =>
      cli(fleet, ['book', lab(fleet), '--against', against, ...flags]);
    const wrong = async (content: string, why: RegExp): Promise<void> => {
      const bad = join(fleet.dir, 'bad.json');
      writeFileSync(bad, content);
      const ran = await plan(bad, '-C');
      assert.is(ran.code, 1, ran.out + ran.err);
      assert.match(ran.err, why);
    };
    await wrong(text.slice(0, text.length / 2), /bad\.json is cut short/);
    await wrong('hello', /is not JSON/);
    await wrong('{"kind":"plan"}', /is no bundle of run facts/);
    await wrong(text.replace('"v": 1', '"v": 2'), /has version 2, and this run reads version 1/);
    await wrong(text.replace(/"exists": \w+,/, ''), /is damaged: host a: .* has no state/);
    await wrong(text.replace('"addresses"', '"adresses"'), /is damaged: host a: a fact is not there/);
    const old = join(fleet.dir, 'old.json');
    writeFileSync(old, text.replace(/"engine": "[^"]+"/, '"engine": "0.0.1"'));
    const other = await plan(old, '-C');
    assert.is(other.code, 0);
    assert.match(other.err, /recorded by version 0\.0\.1, and this is/);
    const both = await plan(path, '-C', '--out', join(fleet.dir, 'plan.json'));
    assert.is(both.code, 1);
    assert.match(both.err, /--out does not go with --against/);
    assert.not.ok(existsSync(join(fleet.dir, 'plan.json')));
    assert.match((await plan(path)).err, /--against goes with --dry-run/);
    assert.match((await plan(join(fleet.dir, 'none.json'), '-C')).err, /none\.json cannot be read: ENOENT/);
    const nowhereToGo = await cli(fleet, ['facts', lab(fleet), '--out', join(fleet.dir, 'no/such/b.json')]);
    assert.is(nowhereToGo.code, 1);
    assert.match(nowhereToGo.err, /cannot be written: ENOENT/);
    const none = await cli(fleet, ['facts', lab(fleet), '--runbook', 'nine', '--out', path]);
    assert.is(none.code, 1);
    assert.match(none.err, /nine/);
  }));

test('a host that does not answer is said, in the bundle too', () =>
  withFleet(['a', 'b'], async (fleet) => {
    prepare(fleet);
    unplug(fleet, 'b');
    const { ran, path } = await record(fleet);
    assert.is(ran.code, 4, ran.err);
    assert.match(ran.err, /warning: b: /);
    const { hosts } = JSON.parse(readFileSync(path, 'utf8')) as Bundle;
    assert.ok(hosts.b && 'unreachable' in hosts.b);
    const offline = await cli(fleet, ['other', lab(fleet), '--dry-run', '--against', path]);
    assert.is(offline.code, 4);
    assert.match(offline.out + offline.err, /b could not be read when the bundle was recorded/);
    // Nothing is better than what was recorded before.
    unplug(fleet, 'a');
    const before = readFileSync(path, 'utf8');
    const again = await record(fleet);
    assert.is(again.ran.code, 4);
    assert.match(again.ran.err, /no host was read: the bundle is not written/);
    assert.is(readFileSync(path, 'utf8'), before);
  }));
