/** The command in a process of its own: exit codes, and JSON Lines that docs/events.schema.json describes. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { RunEvent } from '../../lib/model/event.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, repository, withFleet, writeRunbook } from '../fixture/engine.ts';
import { checkEvent } from '../fixture/event-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('run command');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const BOOK = `
steps:
  - { id: folder, task: directory, with: { path: /srv/app } }
  - { id: conf, task: file, with: { path: /srv/app/conf, content: "\${{ vars.word }}\\n" } }
vars: { word: one }
`;

/** `deaf`: nobody reads its stdout after the first line. */
function cli(fleet: Fleet, argv: readonly string[], signal?: NodeJS.Signals | 'deaf'): Promise<Ran> {
  const child = spawn(RUN, argv, {
    cwd: repository,
    env: { PATH: process.env.PATH, HOME: join(fleet.dir, 'home'), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
    if (signal === 'deaf') child.stdout.destroy();
    else if (signal && out.includes('"connected"')) setTimeout(() => child.kill(signal), 400);
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

function words(fleet: Fleet, ...flags: string[]): string[] {
  return ['book', join(fleet.dir, 'inventory/lab'), '--project', fleet.dir, ...flags];
}

function eventsOf({ out }: Ran): readonly RunEvent[] {
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  for (const event of events) checkEvent(event);
  return events;
}

test('dry run, run, again: codes, events, the recap last', () =>
  withFleet(['a'], async (fleet) => {
    writeRunbook(fleet.dir, BOOK);
    const dry = await cli(fleet, words(fleet, '--json', '-C', '--detailed-exitcode'));
    assert.is(dry.code, 2, dry.err);
    const recap = eventsOf(dry).at(-1);
    assert.is(recap?.kind, 'recap');
    if (recap?.kind !== 'recap') return;
    assert.equal(
      [recap.exit, recap.result, recap.dryRun, recap.hosts.a?.changed],
      [2, 'changes_pending', true, 2],
    );
    assert.match(recap.next ?? '', /^run book .*--project [^ ]+$/);
    const run = await cli(fleet, words(fleet));
    assert.is(run.code, 0, run.err);
    assert.match(run.out, /^a {5}\+ file:\/srv\/app {2}/m);
    assert.match(run.out, /^a +: ok=0 +changed=2 +unreachable=0 +failed=0 +skipped=0 /m);
    assert.match(run.err, /Book on a/);
    const again = await cli(fleet, words(fleet, '--json', '-C', '--detailed-exitcode'));
    assert.is(again.code, 0);
    assert.equal(
      eventsOf(again).map(({ kind }) => kind),
      ['start', 'connected', 'step', 'step', 'recap'],
    );
  }));

test('braces of Jinja are told of when a run would write them', () =>
  withFleet(['a'], async (fleet) => {
    writeRunbook(fleet.dir, BOOK.replace('${{ vars.word }}', '{{ vars.word }}'));
    const run = await cli(fleet, words(fleet, '-C', '-e', 'word=one'));
    assert.is(run.code, 0, run.err);
    assert.match(run.err, /^warning: .*book\.yaml:6:\d+: "\{\{ vars\.word \}\}" is text here/m);
  }));

test('what is wrong before the run: 1, on stderr, and as an event with --json', () =>
  withFleet(['a'], async (fleet) => {
    writeRunbook(fleet.dir, BOOK.replace('task: file', 'task: fiel'));
    const plain = await cli(fleet, words(fleet));
    assert.is(plain.code, 1);
    assert.match(plain.err, /book\.yaml:6:\d+: no task "fiel"/);
    assert.match(plain.err, /did you mean "file"/);
    assert.is(plain.out, '');
    const json = await cli(fleet, words(fleet, '--json', '--limit', 'nobody'));
    assert.is(json.code, 1);
    assert.equal(
      eventsOf(json).map(({ kind }) => kind),
      ['invalid', 'recap'],
    );
    assert.is(fleet.server('a').logins(), 0);
  }));

test('contradictions: 1 before any connection', () =>
  withFleet(['a'], async (fleet) => {
    writeRunbook(
      fleet.dir,
      BOOK.replace(
        'id: folder',
        'id: other, task: file, with: { path: /srv/app/conf, content: x } }\n  - { id: folder',
      ),
    );
    const json = await cli(fleet, words(fleet, '--json'));
    assert.is(json.code, 1, json.err);
    assert.equal(
      eventsOf(json).map(({ kind }) => kind),
      ['invalid', 'recap'],
    );
    assert.match(json.err, /step other wants file:\/srv\/app\/conf otherwise than step conf/);
    assert.is(fleet.server('a').logins(), 0);
  }));

test('interrupted by a signal: 130', () =>
  withFleet(['a'], async (fleet) => {
    writeRunbook(
      fleet.dir,
      `
steps:
  - { id: one, task: file, with: { path: /srv/one, content: "x", validate: "sleep 2; true %s" } }
  - { id: two, task: command, with: { argv: [touch, /srv/two] } }
`,
    );
    const run = await cli(fleet, words(fleet, '--json'), 'SIGINT');
    assert.is(run.code, 130, run.out + run.err);
    const recap = eventsOf(run).at(-1);
    assert.is(recap?.kind === 'recap' && recap.result, 'interrupted');
    assert.match(recap?.kind === 'recap' ? (recap.next ?? '') : '', /^run resume \d{14}-\w{6}$/);
    assert.match(run.out, /"kind":"warning","message":"interrupted: what runs on hosts comes to its end/);
  }));

test('a host that cannot be reached: 4', () =>
  withFleet(['a'], async (fleet) => {
    writeRunbook(fleet.dir, BOOK);
    fleet.server('a').proxy.mode.dropNext = 1000;
    const run = await cli(fleet, words(fleet, '--timeout', '2'));
    assert.is(run.code, 4, run.err);
    assert.match(run.out, /UNREACHABLE/);
    assert.match(run.out, /unreachable=1/);
  }));

test('a command line that cannot be made out: 1, and still events for a program that reads', () =>
  withFleet(['a'], async (fleet) => {
    writeRunbook(fleet.dir, BOOK);
    for (const [flag, message] of [
      ['--dry-rnu', /no flag --dry-rnu/],
      ['--forks=0', /--forks takes a whole number/],
      ['--private-key=/nonexistent', /no such file/],
    ] as const) {
      const run = await cli(fleet, words(fleet, '--json', flag));
      assert.is(run.code, 1, run.err);
      assert.match(run.err, message);
      const [invalid, recap] = eventsOf(run);
      assert.match(invalid?.kind === 'invalid' ? (invalid.problems[0]?.message ?? '') : '', message);
      assert.is(recap?.kind === 'recap' && recap.result, 'invalid');
    }
    const text = await cli(fleet, words(fleet, '--dry-rnu'));
    assert.equal([text.out, text.code], ['', 1]);
    assert.match(text.err, /did you mean "--dry-run"/);
  }));

test('a reader that goes away does not end the run', () =>
  withFleet(['a'], async (fleet) => {
    writeRunbook(
      fleet.dir,
      `
steps:
  - { id: one, task: file, with: { path: /srv/one, content: "x" } }
  - { id: two, task: command, with: { shell: "sleep 1" } }
  - { id: three, task: command, with: { argv: [touch, /srv/three] } }
`,
    );
    const run = await cli(fleet, words(fleet), 'deaf');
    assert.is(run.code, 0, run.err);
    assert.is(run.err.includes('EPIPE'), false, run.err);
    assert.is(fleet.server('a').run('ls /srv'), 'one\nthree\n');
  }));
