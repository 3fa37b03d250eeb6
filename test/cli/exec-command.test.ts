/** `run exec` and `run ping` in a process of their own, over servers of this process. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvent } from '../../lib/model/event.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, repository, withFleet } from '../fixture/engine.ts';
import { checkEvent } from '../fixture/event-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('exec command');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `interrupt`: asked now and then; once it says yes, the command gets SIGINT. */
function cli(fleet: Fleet, argv: readonly string[], interrupt?: () => boolean): Promise<Ran> {
  const child = spawn(RUN, argv, {
    cwd: repository,
    env: {
      PATH: process.env.PATH,
      HOME: join(fleet.dir, 'home'),
      NO_COLOR: '1',
      RUN_PROJECT: fleet.dir,
      RUN_INVENTORY: 'lab',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  const watch = setInterval(() => {
    if (!interrupt?.()) return;
    clearInterval(watch);
    child.kill('SIGINT');
  }, 100);
  child.stderr.on('data', (chunk) => (err += chunk));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ code, out, err });
    });
  });
}

function eventsOf({ out }: Ran): readonly RunEvent[] {
  const lines = out.trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as RunEvent);
  for (const event of events) checkEvent(event);
  return events;
}

test(
  'words are words; a line of shell text is one; what fails is 2; ping sees who answers',
  () =>
    withFleet(['a', 'b', 'c'], async (fleet) => {
      const same = await cli(fleet, ['exec', '--', 'printf', '%s|', 'x y', '$HOME', '${{ 1 }}', '*']);
      assert.is(same.code, 0, same.err);
      assert.match(same.out, / {4}x y\|\$HOME\|\$\{\{ 1 \}\}\|\*\|\n/);
      assert.match(same.out, /the same on 3 hosts: [abc], [abc], [abc]\n\n3 hosts: 3 ok\n$/);
      const line = await cli(fleet, [
        'exec',
        '-l',
        'a,b',
        '--json',
        '--shell',
        'echo out; echo bad >&2; exit 3',
      ]);
      assert.is(line.code, 2, line.err);
      const events = eventsOf(line);
      const texts = events.flatMap((event) =>
        event.kind === 'output' ? [event.text.split('\n').sort()] : [],
      );
      assert.equal(texts, [
        ['bad', 'out'],
        ['bad', 'out'],
      ]);
      const last = events.at(-1);
      assert.is(last?.kind === 'recap' ? last.result : '', 'failed');
      const next = last?.kind === 'recap' ? (last.next ?? '') : '';
      assert.match(next, /^run exec --shell 'echo out.*' --project \S+ --inventory lab --limit a,b$/);
      const listed = JSON.parse(readFileSync(join(fleet.dir, 'inventory/lab/hosts.yaml'), 'utf8'));
      listed.hosts.c.port = 1;
      fleet.file('inventory/gap/hosts.yaml', JSON.stringify(listed));
      fleet.file(
        'inventory/gap/known_hosts',
        readFileSync(join(fleet.dir, 'inventory/lab/known_hosts'), 'utf8'),
      );
      const ping = await cli(fleet, ['ping', 'gap']);
      assert.is(ping.code, 4, ping.err);
      assert.match(ping.out, /^a +ok +\d+ ms {2}root; /m);
      assert.match(ping.out, /^c +UNREACHABLE/m);
      assert.match(ping.out, /3 hosts: 2 ok, 1 unreachable/);
    }),
  60_000,
);

test(
  'what is wrong on the command line opens no connection',
  () =>
    withFleet(['a'], async (fleet) => {
      const refused = async (...argv: string[]): Promise<string> => {
        const { code, err } = await cli(fleet, argv);
        assert.is(code, 1, argv.join(' '));
        return err;
      };
      assert.match(await refused('exec', 'lab', 'uptime'), /what is "uptime"[\s\S]*after --/);
      assert.match(await refused('exec', '--', 'a | b'), /--shell 'a \| b'/);
      assert.match(await refused('exec', '--limit', 'z', '--', 'true'), /--limit: .*"z"/);
      const named = await cli(fleet, ['exec', '--list-hosts', '--', 'true']);
      assert.equal([named.code, named.out], [0, 'a\n']);
      assert.is(fleet.server('a').logins(), 0);
    }),
  60_000,
);

test(
  'Ctrl-C ends at once what runs on the host, with what it has started',
  () =>
    withFleet(['a'], async (fleet) => {
      const mark = `31.${process.pid}${Math.floor(performance.now())}`;
      const line = `sleep ${mark} & wait`;
      const alive = (): boolean => spawnSync('pgrep', ['-f', `^sleep ${mark}`]).status === 0;
      const ran = await cli(fleet, ['exec', '--shell', line], alive);
      assert.is(ran.code, 130, ran.err);
      assert.match(ran.err, /interrupted: what runs on hosts is ended/);
      for (let tries = 0; tries < 50 && alive(); tries += 1) await sleep(100);
      assert.not(alive());
    }),
  60_000,
);

test(
  'a command is not undone, which is said; the undo is one entry of the history, on the same inventory',
  () =>
    withFleet(['a'], async (fleet) => {
      const runs = (): readonly string[] =>
        readdirSync(join(fleet.dir, '.run')).filter((name) => /^\d/.test(name));
      assert.is((await cli(fleet, ['exec', '--', 'true'])).code, 0);
      const [id = '', ...more] = runs();
      assert.equal(more, []);
      const undone = await cli(fleet, ['undo', id, '--yes']);
      assert.is(undone.code, 0, undone.out + undone.err);
      assert.match(undone.err, /on inventory\/lab; what does not come back:\n {2}a: exec: /);
      assert.is(runs().length, 2);
      const history = await cli(fleet, ['history']);
      assert.match(history.out, / undo .*inventory\/lab/);
    }),
  60_000,
);
