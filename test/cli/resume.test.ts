/** Runs that are killed in the middle, and resumed: the command in a process of its own, over servers of this one. */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { journalPath, runIds } from '../../lib/journal/shelf.ts';
import type { RunEvent } from '../../lib/model/event.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, repository, withFleet, writeRunbook } from '../fixture/engine.ts';
import { checkEvent } from '../fixture/event-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('resume');

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `when`: asked now and then, with what was printed; once it says yes, the command gets the signal. */
function cli(
  fleet: Fleet,
  argv: readonly string[],
  end?: { readonly signal: NodeJS.Signals; when(out: string): boolean },
): Promise<Ran> {
  const child = spawn(RUN, argv, {
    cwd: repository,
    env: { PATH: process.env.PATH, HOME: join(fleet.dir, 'home'), NO_COLOR: '1', RUN_PROJECT: fleet.dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const watch = setInterval(() => {
    if (!end?.when(out)) return;
    clearInterval(watch);
    child.kill(end.signal);
  }, 5);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ code, out, err });
    });
  });
}

function eventsOf({ out }: Ran): readonly RunEvent[] {
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  for (const event of events) checkEvent(event);
  return events;
}

/** Empty as long as there is none. */
function lastJournal(fleet: Fleet): string {
  const id = runIds(fleet.dir).at(-1);
  try {
    return id === undefined ? '' : readFileSync(journalPath(fleet.dir, id), 'utf8');
  } catch {
    return '';
  }
}

const WORK = `
steps:
  - { id: base, task: file, with: { path: /srv/base, content: "base\\n" }, notify: [told] }
  - { id: first, task: command, with: { shell: "echo x >>/srv/acts; sleep 0.2; echo out" } }
  - { id: mid, task: file, with: { path: /srv/mid, content: "\${{ steps.first.outputs.stdout }}" } }
  - { id: second, task: command, with: { shell: "echo y >>/srv/acts; sleep 0.2" } }
  - { id: last, task: file, with: { path: /srv/last, content: "last\\n" } }
handlers:
  - { id: told, task: command, with: { shell: "echo h >>/srv/acts" } }
`;
const DONE = 'x\ny\nh\nbase\noutlast\n';
const LOOK = 'cat /srv/acts /srv/base /srv/mid /srv/last 2>&1';

/** Resumes until there is nothing left; what is still at work there is waited for by the command itself. */
async function finish(fleet: Fleet): Promise<readonly Ran[]> {
  const runs: Ran[] = [];
  for (let tries = 0; tries < 3; tries += 1) {
    const run = await cli(fleet, ['resume', '--json']);
    runs.push(run);
    if (run.code === 0) break;
  }
  return runs;
}

test('killed at any moment and resumed, the end is the same, and no command is carried out twice', async () => {
  const delays = [0, 60, 140, 240, 360, 500, 700, 900];
  let cut = 0;
  for (const delay of delays) {
    await withFleet(['a'], async (fleet) => {
      writeRunbook(fleet.dir, WORK);
      let begun: number | undefined;
      const killed = await cli(fleet, ['book', 'lab'], {
        signal: 'SIGKILL',
        when: () => {
          if (!lastJournal(fleet).includes('"kind":"run"')) return false;
          begun ??= performance.now();
          return performance.now() - begun >= delay;
        },
      });
      // Killed when all was done is not cut.
      if (killed.code === 0 || lastJournal(fleet).includes('"unfinished":false')) return;
      cut += 1;
      const runs = await finish(fleet);
      const told = `killed after ${delay} ms: ${runs.map(({ out, err }) => out + err).join('\n')}`;
      assert.is(runs.at(-1)?.code, 0, told);
      assert.is(fleet.server('a').run(LOOK), DONE, told);
      const left = fleet
        .server('a')
        .run('ls /var/lib/tightbeam/runs /var/lib/tightbeam/owed 2>/dev/null | grep -v :');
      assert.is(left.trim(), '', `left behind after ${delay} ms: ${left}`);
      const kinds = runs.flatMap(eventsOf).map(({ kind }) => kind);
      assert.ok(kinds.includes('recap'));
    });
  }
  assert.ok(cut >= 5, `only ${cut} of ${delays.length} runs were cut`);
}, 120_000);

test(
  'finished hosts are not connected to, and count as done for those that wait for them; history and show tell one run',
  () =>
    withFleet(['a', 'b'], async (fleet) => {
      writeRunbook(
        fleet.dir,
        `
steps:
  - { id: one, task: file, with: { path: /srv/one, content: "1\\n" }, hosts: a }
  - { id: two, task: command, needs: [one@a], with: { shell: "echo x >>/srv/acts; while [ ! -e /srv/go ]; do sleep 0.1; done; echo y >>/srv/acts" }, hosts: b }
`,
      );
      const first = await cli(fleet, ['book', 'lab', '--json'], {
        signal: 'SIGKILL',
        when: () =>
          /"kind":"done"[^\n]*"host":"a"/.test(lastJournal(fleet)) &&
          fleet.server('b').run('cat /srv/acts 2>/dev/null || :') !== '',
      });
      assert.is(first.code, null, first.out + first.err);
      const shown = await cli(fleet, ['show', '@last']);
      assert.match(shown.err, /: killed/);
      assert.match(shown.out, /a +\+ file:\/srv\/one[\s\S]*next: run resume \d{14}-\w{6}/);
      const logins = fleet.server('a').logins();
      let waits = false;
      const resumed = await cli(fleet, ['resume', '--json'], {
        signal: 'SIGCONT',
        when: (out) => {
          if (!waits && out.includes('still at work there')) fleet.server('b').run(': >/srv/go');
          waits ||= out.includes('still at work there');
          return false;
        },
      });
      assert.is(resumed.code, 0, resumed.out + resumed.err);
      assert.is(fleet.server('a').logins(), logins);
      assert.is(fleet.server('b').run('cat /srv/acts'), 'x\ny\n');
      const messages = eventsOf(resumed).flatMap((event) =>
        event.kind === 'warning' ? [event.message] : [],
      );
      assert.match(messages.join('\n'), /goes on with b; 1 of 2 hosts are finished and left alone/);
      assert.match(messages.join('\n'), /what this run had begun is still at work there/);
      const history = JSON.parse((await cli(fleet, ['history', '--json'])).out) as readonly Record<
        string,
        unknown
      >[];
      assert.equal(
        history.map(({ result, resumed: times, changed, unfinished }) => ({
          result,
          times,
          changed,
          unfinished,
        })),
        [{ result: 'ok', times: 1, changed: ['a', 'b'], unfinished: [] }],
      );
      const json = eventsOf(await cli(fleet, ['show', '@last', '--json']));
      assert.equal(
        [json[0]?.kind, json.filter(({ kind }) => kind === 'recap').length, json.at(-1)?.kind],
        ['start', 1, 'recap'],
      );
      const recap = json.at(-1);
      assert.equal(
        recap?.kind === 'recap' && [recap.hosts.a?.changed, recap.hosts.b?.changed, recap.exit],
        [1, 1, 0],
      );
      const nothing = await cli(fleet, ['resume']);
      assert.is(nothing.code, 1);
      assert.match(nothing.err, /has no host left to go on with/);
    }),
  120_000,
);

test(
  'a command of which nobody knows how it ended is carried out again only where that is said; a file is simply read',
  () =>
    withFleet(['a'], async (fleet) => {
      // The script that carries it out is killed together with it, as by a reboot.
      writeRunbook(
        fleet.dir,
        `
steps:
  - { id: conf, task: file, with: { path: /srv/conf, content: "c\\n" } }
  - id: import
    task: command
    with: { shell: 'echo x >>/srv/acts; [ -e /srv/second ] || { : >/srv/second; kill -9 -$(cut -d" " -f5 /proc/$$/stat); }' }
  - { id: after, task: file, with: { path: /srv/after, content: "a\\n" } }
`,
      );
      const first = await cli(fleet, ['book', 'lab', '--json']);
      assert.is(first.code, 2, first.out + first.err);
      const recap = eventsOf(first).at(-1);
      assert.match(
        recap?.kind === 'recap' ? (recap.next ?? '') : '',
        /^run resume /,
        'a command was begun: not @failed',
      );
      const again = await cli(fleet, ['resume']);
      assert.is(again.code, 2, again.out + again.err);
      assert.match(again.out, /had begun when the run stopped, and nobody knows how it ended/);
      assert.match(again.out, /run resume \d{14}-\w{6} --again import/);
      assert.is(fleet.server('a').run('cat /srv/acts'), 'x\n');
      const wrong = await cli(fleet, ['resume', '--again', 'imprt']);
      assert.match(wrong.err, /--again: no step "imprt"\n→ did you mean "import"/);
      const done = await cli(fleet, ['resume', '--again', 'import']);
      assert.is(done.code, 0, done.out + done.err);
      assert.is(fleet.server('a').run('cat /srv/acts /srv/after'), 'x\nx\na\n');
    }),
  120_000,
);

test(
  'what has changed since is said and wants --force; --limit @failed takes it, and goes with other patterns',
  () =>
    withFleet(['a', 'b', 'c'], async (fleet) => {
      const book = (content: string): string =>
        `
steps:
  - { id: one, task: file, with: { path: /srv/one, content: "${content}" } }
  - { id: two, task: command, with: { shell: "[ ! -e /srv/bad ]" , creates: /srv/never-${content} } , ignore_errors: no }
`
          .replace(' , ignore_errors: no', '')
          .replace('never-', 'made-');
      writeRunbook(fleet.dir, book('x').replace('[ ! -e /srv/bad ]', '[ ! -e /srv/bad ] && : >/srv/made-x'));
      for (const host of ['a', 'c']) fleet.server(host).run('mkdir -p /srv; : >/srv/bad');
      const first = await cli(fleet, ['book', 'lab', '--json']);
      assert.is(first.code, 2, first.out + first.err);
      const recap = eventsOf(first).at(-1);
      assert.match(recap?.kind === 'recap' ? (recap.next ?? '') : '', /^run book lab .*--limit @failed$/);
      appendFileSync(join(fleet.dir, 'runbooks/book.yaml'), '# a remark\n');
      const changed = await cli(fleet, ['resume']);
      assert.is(changed.code, 1);
      assert.match(changed.err, /changed since run \S+: runbooks\/book.yaml\n→ run resume --force goes on/);
      const list = async (limit: string): Promise<string> => {
        const { out, err } = await cli(fleet, ['book', 'lab', '--list-hosts', '--limit', limit]);
        return `${out}${err}`.trim().replaceAll('\n', ' ');
      };
      assert.is(await list('@failed'), 'a c');
      assert.is(await list('@failed,!c'), 'a');
      assert.is(await list('all,!@failed'), 'b');
      assert.is(await list('a,b,&@failed'), 'a');
      assert.is(await list('@failed,b'), 'a b c');
      for (const host of ['a', 'c']) fleet.server(host).run('rm /srv/bad');
      const [logins, own] = [fleet.server('b').logins(), fleet.server('a').logins()];
      const forced = await cli(fleet, ['resume', '--force']);
      assert.is(forced.code, 0, forced.out + forced.err);
      assert.equal([fleet.server('b').logins(), fleet.server('a').logins() - own], [logins, 1]);
      assert.match(
        await list('@failed'),
        /--limit @failed: the last run of runbooks\/book.yaml on inventory\/lab \(\S+\) left no host unfinished/,
      );
    }),
  120_000,
);

test(
  'one that is still at work is not resumed beside it; without a journal that can be written nothing is changed',
  () =>
    withFleet(['a'], async (fleet) => {
      writeRunbook(
        fleet.dir,
        `
steps:
  - { id: one, task: command, with: { shell: "echo x >>/srv/acts; while [ ! -e /srv/go ]; do sleep 0.1; done" } }
`,
      );
      const running = cli(fleet, ['book', 'lab']);
      while (!lastJournal(fleet).includes('"kind":"intent"')) await sleep(20);
      const beside = await cli(fleet, ['resume']);
      assert.is(beside.code, 1);
      assert.match(beside.err, /run \S+ is still at work \(process \d+\)/);
      assert.match((await cli(fleet, ['history'])).out, /running/);
      fleet.server('a').run(': >/srv/go');
      assert.is((await running).code, 0);
      // Every name that a run could have is taken by a file.
      const own = join(fleet.dir, '.run');
      fleet.server('a').run('rm /srv/acts');
      const { code, out, err } = await withFull(own, () => cli(fleet, ['book', 'lab']));
      assert.is(code, 2, out + err);
      assert.match(err, /warning: the journal \S+ cannot be written: .*: nothing will be written to hosts/);
      assert.match(out, /the journal \S+ cannot be written/);
      assert.is(fleet.server('a').run('cat /srv/acts 2>/dev/null || echo none'), 'none\n');
    }),
  120_000,
);

/** A full disk: a file system of one page below the folder. */
async function withFull<T>(folder: string, body: () => Promise<T>): Promise<T> {
  const { execFileSync } = await import('node:child_process');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k,mode=700', 'tmpfs', folder]);
  try {
    writeFileSync(join(folder, 'fill'), Buffer.alloc(4096));
    return await body();
  } finally {
    execFileSync('umount', [folder]);
  }
}
