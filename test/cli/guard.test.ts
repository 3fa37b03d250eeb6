/** Guards see the whole plan before anything is written: in a dry run and in a run, which is bound to what they saw. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../../lib/model/event.ts';
import { RUN } from '../fixture/command.ts';
import { type Fleet, repository, withFleet, writeRunbook } from '../fixture/engine.ts';
import { checkEvent } from '../fixture/event-schema.ts';
import { runInTerminal } from '../fixture/pty.ts';
import { assert, suite } from '../suite.ts';

const test = suite('guards');

const BOOK = `
steps:
  - { id: folder, task: directory, with: { path: /srv/app } }
  - { id: conf, task: file, with: { path: /srv/app/conf, content: "one\\n" } }
`;
const REMOVAL = `${BOOK}  - { id: gone, task: file, with: { path: /srv/old, state: absent } }\n`;

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function env(fleet: Fleet): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: join(fleet.dir, 'home'), NO_COLOR: '1' };
}

function words(fleet: Fleet, flags: readonly string[]): string[] {
  return ['book', join(fleet.dir, 'inventory/lab'), '--project', fleet.dir, ...flags];
}

function cli(fleet: Fleet, ...flags: readonly string[]): Promise<Ran> {
  const child = spawn(RUN, words(fleet, flags), {
    cwd: repository,
    env: env(fleet),
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

function eventsOf({ out, err }: Ran): readonly RunEvent[] {
  assert.ok(out.trim(), err);
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  for (const event of events) checkEvent(event);
  return events;
}

function recapOf(events: readonly RunEvent[]) {
  const last = events.at(-1);
  if (last?.kind !== 'recap') throw new Error('no recap');
  return last;
}

function refusalsOf(events: readonly RunEvent[]) {
  return events.filter((event) => event.kind === 'refusal');
}

function prepare(fleet: Fleet, hosts: readonly string[], book = BOOK): void {
  for (const host of hosts) fleet.server(host).run('mkdir -p /srv; echo old >/srv/old');
  writeRunbook(fleet.dir, book);
}

for (const mode of ['--dry-run', '--yes']) {
  test(`${mode}: more changes, or hosts, than said are refused before anything is written`, () =>
    withFleet(['a', 'b'], async (fleet) => {
      prepare(fleet, ['a', 'b']);
      const before = [fleet.server('a').written(), fleet.server('b').written()];
      const changes = await cli(fleet, '--json', mode, '--max-changes', '3');
      assert.is(changes.code, 3, changes.err);
      const events = eventsOf(changes);
      const [refusal] = refusalsOf(events);
      assert.match(
        refusal?.message ?? '',
        /4 changes on 2 hosts, and --max-changes allows 3: .*step folder \(2\)/,
      );
      assert.match(refusal?.hint ?? '', /--max-changes 4/);
      assert.equal(
        [recapOf(events).exit, recapOf(events).result, recapOf(events).dryRun],
        [3, 'drifted', true],
      );
      const hosts = await cli(fleet, mode, '--max-hosts', '1');
      assert.is(hosts.code, 3, hosts.err);
      assert.match(hosts.out, /REFUSED: 2 hosts would change, and --max-hosts allows 1/);
      assert.equal([fleet.server('a').written(), fleet.server('b').written()], before);
    }));
}

test('within the limits: two passes, one of which is told; then one, as nothing is left', () =>
  withFleet(['a'], async (fleet) => {
    prepare(fleet, ['a']);
    const run = await cli(fleet, '--json', '--max-changes', '2', '--max-hosts', '1');
    assert.is(run.code, 0, run.err);
    const events = eventsOf(run);
    assert.is(events.filter(({ kind }) => kind === 'start').length, 1);
    assert.ok(events.every((event) => !('dryRun' in event) || !event.dryRun));
    assert.is(fleet.server('a').logins(), 2);
    const turns = fleet.server('a').turns();
    const again = await cli(fleet, '--json', '--max-changes', '2');
    assert.is(again.code, 0, again.err);
    assert.is(fleet.server('a').logins(), 3);
    assert.is(fleet.server('a').turns() - turns, 1);
    const told = eventsOf(again);
    assert.equal(
      told.map(({ kind }) => kind),
      ['start', 'connected', 'step', 'step', 'recap'],
    );
    assert.ok(told.every((event) => !('dryRun' in event) || !event.dryRun));
    await cli(fleet, '--json');
    assert.is(fleet.server('a').logins(), 4, 'a run without guards is one pass');
  }));

test('limits may stand in run.yaml and in variables', () =>
  withFleet(['a'], async (fleet) => {
    prepare(fleet, ['a']);
    fleet.file('run.yaml', 'max-changes: 1\n');
    assert.is((await cli(fleet)).code, 3);
    assert.is((await cli(fleet, '--max-changes', '2')).code, 0);
  }));

const POLICY = `import { definePolicy } from 'tightbeam';
export default definePolicy({
  summary: 'No removals',
  review(plan) {
    return plan.hosts.flatMap(({ name, changes }) =>
      changes
        .filter(({ weight }) => weight === 'destructive')
        .map(({ step, key }) => ({ reason: \`\${plan.runbook} removes\`, host: name, step, key, hint: 'ask Anna' })),
    );
  },
});
`;

test('a policy refuses in both modes, with its file and the place of the change', () =>
  withFleet(['a'], async (fleet) => {
    prepare(fleet, ['a'], REMOVAL);
    fleet.file('policies/no-removal.ts', POLICY);
    const before = fleet.server('a').written();
    for (const mode of ['--dry-run', '--yes']) {
      const run = await cli(fleet, '--json', mode);
      assert.is(run.code, 3, run.err);
      const [refusal] = refusalsOf(eventsOf(run));
      assert.is(refusal?.guard, 'policy');
      assert.match(refusal?.policy ?? '', /policies\/no-removal\.ts$/);
      assert.match(refusal?.place ?? '', /book\.yaml:7:\d+$/);
      assert.equal([refusal?.host, refusal?.key, refusal?.hint], ['a', 'file:/srv/old', 'ask Anna']);
      const text = await cli(fleet, mode);
      assert.match(
        text.out,
        /REFUSED by .*no-removal\.ts: Book removes\n +a {2}file:\/srv\/old\n +at .*book\.yaml:7/,
      );
    }
    assert.equal(fleet.server('a').written(), before);
    writeRunbook(fleet.dir, BOOK);
    assert.is((await cli(fleet)).code, 0);
  }));

test('a policy that throws, or gives no list, refuses with its line; it cannot alter the plan', () =>
  withFleet(['a'], async (fleet) => {
    prepare(fleet, ['a']);
    const before = fleet.server('a').written();
    const told = async (body: string): Promise<{ readonly policy?: string; readonly message: string }> => {
      fleet.file('policies/p.ts', `export default { summary: 'p', review(plan: any) {\n  ${body}\n} };\n`);
      const run = await cli(fleet, '--json');
      assert.is(run.code, 3, run.err);
      const [refusal] = refusalsOf(eventsOf(run));
      if (!refusal) throw new Error('no refusal');
      return refusal;
    };
    const thrown = await told('throw new Error("no plan")');
    assert.match(thrown.policy ?? '', /policies\/p\.ts:2:\d+$/);
    assert.match(thrown.message, /throws Error: no plan/);
    assert.match((await told('plan.hosts.length = 0; return [];')).message, /throws TypeError/);
    assert.match((await told('return {}')).message, /no list of objections: it is no list/);
    assert.match((await told('return Promise.resolve([])')).message, /a promise/);
    assert.match((await told('return [{ reason: "" }]')).message, /item 0 has no reason/);
    assert.equal(fleet.server('a').written(), before);
  }));

test('a policy that cannot be loaded: 1, before any connection, all of them at once', () =>
  withFleet(['a'], async (fleet) => {
    prepare(fleet, ['a']);
    fleet.file('policies/broken.ts', 'export default definePolicy({\n  summary: = 1,\n});\n');
    fleet.file('policies/none.ts', 'export const a = 1;\n');
    const run = await cli(fleet, '--dry-run');
    assert.is(run.code, 1);
    assert.match(run.err, /policies\/broken\.ts:2:12.*\[policy-broken\]/);
    assert.match(run.err, /policies\/none\.ts:1:1.*\[policy-shape\]/);
    assert.is(fleet.server('a').logins(), 0);
  }));

test('who wants to be asked is refused where nobody is, and agreed with by --yes', () =>
  withFleet(['a'], async (fleet) => {
    prepare(fleet, ['a']);
    fleet.file(
      'policies/p.ts',
      "export default { summary: 'p', review: () => [{ reason: 'a big day', ask: true }] };\n",
    );
    const nobody = await cli(fleet, '--json');
    assert.is(nobody.code, 3, nobody.err);
    assert.match(refusalsOf(eventsOf(nobody))[0]?.hint ?? '', /--yes/);
    const dry = await cli(fleet, '--json', '--dry-run');
    assert.is(dry.code, 0);
    assert.equal(
      refusalsOf(eventsOf(dry)).map(({ ask }) => ask),
      [true],
    );
    assert.is((await cli(fleet, '--yes')).code, 0);
  }));

test('what changes between the passes is refused', () =>
  withFleet(['a', 'b'], async (fleet) => {
    prepare(fleet, ['a', 'b'], REMOVAL);
    let asked = false;
    const typed = await runInTerminal(words(fleet, []), { cwd: repository, env: env(fleet) }, (screen) => {
      if (asked || !screen.includes('[d]iff: ')) return undefined;
      asked = true;
      fleet.server('a').run('echo other >/srv/old');
      return 'y\n';
    });
    assert.is(typed.code, 3, typed.screen);
    assert.match(typed.screen, /file:\/srv\/old has changed since the plan was made/);
    assert.is(fleet.server('a').run('cat /srv/old'), 'other\n');
    assert.is(fleet.server('b').run('test -e /srv/old || echo gone'), 'gone\n');
  }));

test(
  'on a terminal somebody is asked when something is lost: no, the difference, yes',
  () =>
    withFleet(['a'], async (fleet) => {
      prepare(fleet, ['a'], REMOVAL);
      const before = fleet.server('a').written();
      const type = (...keys: string[]) => {
        const left = [...keys];
        let seen = 0;
        return (screen: string): string | undefined => {
          const at = screen.indexOf('[d]iff: ', seen);
          if (at === -1) return undefined;
          seen = at + 1;
          return left.shift();
        };
      };
      const options = { cwd: repository, env: env(fleet) };
      const no = await runInTerminal(words(fleet, []), options, type('what\n', 'd\n', 'n\n'));
      assert.is(no.code, 1, no.screen);
      assert.match(no.screen, /PLAN of Book: 3 changes on 1 of 1 host/);
      assert.match(no.screen, /destructive[^\n]* \(1\)\n +- file:\/srv\/old/);
      assert.is(no.screen.match(/^ +\+ ?one$/gm)?.length, 1, no.screen);
      assert.match(no.screen, /nothing was touched/);
      const cut = await runInTerminal(words(fleet, []), options, type('\u0003'));
      assert.is(cut.code, 130, cut.screen);
      assert.equal(fleet.server('a').written(), before);
      const yes = await runInTerminal(words(fleet, []), options, type('y\n'));
      assert.is(yes.code, 0, yes.screen);
      assert.is(fleet.server('a').run('cat /srv/app/conf'), 'one\n');
      const again = await runInTerminal(words(fleet, []), options, type());
      assert.is(again.code, 0, again.screen);
      assert.not.match(again.screen, /PLAN of/);
    }),
  60_000,
);

test(
  'on a terminal nobody is asked when nothing is lost, nor with --yes or on a build server',
  () =>
    withFleet(['a'], async (fleet) => {
      prepare(fleet, ['a']);
      const options = { cwd: repository, env: env(fleet) };
      const nobody = (): undefined => undefined;
      const plain = await runInTerminal(words(fleet, []), options, nobody);
      assert.is(plain.code, 0, plain.screen);
      assert.match(plain.screen, /PLAN of Book: 2 changes/);
      writeRunbook(fleet.dir, REMOVAL);
      const yes = await runInTerminal(words(fleet, ['--yes']), options, nobody);
      assert.is(yes.code, 0, yes.screen);
      assert.not.match(yes.screen, /PLAN of/);
      fleet.server('a').run('echo old >/srv/old');
      const build = await runInTerminal(
        words(fleet, []),
        { ...options, env: { ...env(fleet), CI: '1' } },
        nobody,
      );
      assert.is(build.code, 0, build.screen);
    }),
  60_000,
);

test('a host out of reach is not waited for twice, and the others are carried out', () =>
  withFleet(['a', 'b'], async (fleet) => {
    prepare(fleet, ['a', 'b']);
    const hosts = join(fleet.dir, 'inventory/lab/hosts.yaml');
    writeFileSync(hosts, readFileSync(hosts, 'utf8').replace(`"port":${fleet.server('b').port}`, '"port":1'));
    const run = await cli(fleet, '--json', '--max-changes', '9');
    assert.is(run.code, 4, run.err);
    const recap = recapOf(eventsOf(run));
    assert.is(recap.hosts.a?.changed, 2);
    assert.is(recap.hosts.b?.unreachable, true);
  }));

/** Sends the signal once the host has the marker that its slow command leaves. */
async function interrupted(fleet: Fleet, marker: string, flags: readonly string[]): Promise<Ran> {
  const child = spawn(RUN, words(fleet, flags), {
    cwd: repository,
    env: env(fleet),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const timer = setInterval(() => {
    if (fleet.server('a').run(`test -e ${marker} && echo there || true`) !== 'there\n') return;
    clearInterval(timer);
    child.kill('SIGINT');
  }, 50);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearInterval(timer);
      resolve({ code, out, err });
    }),
  );
}

test(
  'Ctrl-C ends the first pass with nothing written, and the second as it ends any run',
  () =>
    withFleet(['a'], async (fleet) => {
      const query =
        '{ id: look, task: command, with: { shell: "touch /srv/look; sleep 2; echo x", changed: never } }';
      const slow = '{ id: slow, task: command, with: { shell: "touch /srv/slow; sleep 2" } }';
      prepare(
        fleet,
        ['a'],
        `${BOOK}  - ${slow}\n  - { id: last, task: file, with: { path: /srv/last, content: x } }\n`,
      );
      const second = await interrupted(fleet, '/srv/slow', ['--json', '--max-changes', '9']);
      assert.is(second.code, 130, second.err);
      const events = eventsOf(second);
      assert.is(recapOf(events).dryRun, false);
      assert.is(fleet.server('a').run('test -e /srv/app/conf && echo made'), 'made\n');
      prepare(fleet, ['a'], `${BOOK.replaceAll('/srv/app', '/srv/new')}  - ${query}\n`);
      const first = await interrupted(fleet, '/srv/look', ['--json', '--max-changes', '9']);
      assert.is(first.code, 130, first.err);
      assert.is(recapOf(eventsOf(first)).dryRun, true);
      assert.is(fleet.server('a').run('test -e /srv/new || echo none'), 'none\n');
    }),
  40_000,
);
