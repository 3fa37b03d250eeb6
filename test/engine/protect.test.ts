/** What a step protects is neither deleted nor stopped nor restarted, in the run and in the dry run, without --allow. */
import { RunError } from '../../lib/base/error.ts';
import { type Fleet, type Outcome, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('protect');

const FILES = (protect: string): string => `
steps:
  - { id: first, task: file, with: { path: /srv/first, content: x } }
  - { id: keep, task: file, protect: ${protect}, with: { path: /srv/data/keep, content: "k\\n" } }
  - { id: gone, task: directory, with: { path: /srv/other, state: absent, recursive: true } }
`;

/** Refused in both modes, with nothing written; gives the failure of the real run. */
async function refused(fleet: Fleet, book: string, step: string): Promise<Outcome> {
  const before = fleet.server('a').written();
  for (const dryRun of [true, false]) {
    const run = await fleet.run(book, { dryRun });
    assert.is(run.exit, 3, JSON.stringify(run.of('step')));
    assert.is(run.result, 'drifted');
    assert.is(run.host('a').drifted, true);
    assert.equal(fleet.server('a').written(), before);
    if (!dryRun) return run;
    assert.ok(run.failure(step).message);
  }
  throw new Error('unreachable');
}

test('a thing that another step would delete, by name, by key, or by the folder around it', () =>
  withFleet(['a'], async (fleet) => {
    fleet
      .server('a')
      .run('mkdir -p /srv/data /srv/other/deep; echo k >/srv/data/keep; echo o >/srv/other/deep/file');
    for (const protect of ['[/srv/other]', '["file:/srv/other"]', '[/srv/other/deep/file]']) {
      const run = await refused(fleet, FILES(protect), 'gone');
      const { message, place, hint } = run.failure('gone');
      assert.match(
        message,
        /file:\/srv\/other would be deleted.*which step keep protects \(.*book\.yaml:6:\d+\)/,
      );
      assert.match(place ?? '', /book\.yaml:7:\d+$/);
      assert.match(hint ?? '', /nothing was written on this host.*--allow keep, or --allow gone/);
      assert.equal(run.changes('a'), []);
    }
    for (const allow of ['keep', 'gone']) {
      const dry = await fleet.run(FILES('[/srv/other]'), { dryRun: true, allow: [allow] });
      assert.is(dry.exit, 0);
    }
    const run = await fleet.run(FILES('[/srv/other]'), { allow: ['gone'] });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(fleet.server('a').run('ls /srv'), 'data\nfirst\n');
  }));

test('what alters it otherwise goes on, and a step whose condition is false protects nothing', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv/data /srv/other; echo old >/srv/data/keep');
    const change = await fleet.run(FILES('[/srv/data/keep, /srv/first]'));
    assert.is(change.exit, 0, JSON.stringify(change.of('step')));
    assert.is(fleet.server('a').run('cat /srv/data/keep; ls /srv'), 'k\ndata\nfirst\n');
    fleet.server('a').run('mkdir /srv/other');
    await refused(fleet, FILES('[/srv/other]'), 'gone');
    const off = await fleet.run(FILES('[/srv/other]').replace('id: keep,', 'id: keep, when: "1 > 2",'));
    assert.is(off.exit, 0, JSON.stringify(off.of('step')));
    assert.is(off.changes('a').length, 1);
  }));

const DAEMON = (protect: string, id = 'conf'): string => `
steps:
  - { id: conf, task: file, with: { path: /srv/conf, content: "new\\n" } }
  - { id: up, task: daemon, protect: ${protect}, with: { path: /srv/up, restart_on: ["file:/srv/conf"] } }
  - { id: after, task: file, needs: [${id}], with: { path: /srv/after, content: x } }
`;

test('a restart, also of the step itself, on this host alone', () =>
  withFleet(['a', 'b'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; echo up >/srv/up; echo old >/srv/conf');
    fleet.server('b').run('mkdir -p /srv');
    const before = fleet.server('a').written();
    const run = await fleet.run(DAEMON('true'));
    assert.is(run.exit, 3, JSON.stringify(run.of('step')));
    assert.match(
      run.failure('up', 'a').message,
      /thing:\/srv\/up would be restarted, which step up protects/,
    );
    assert.equal(fleet.server('a').written(), before);
    assert.is(run.host('b').changed, 3, 'a first start is no restart');
    assert.is((await fleet.run(DAEMON('true'), { allow: ['up'] })).exit, 0);
  }));

test('a name that no step is about is warned of, once, with the one that is meant', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b']) fleet.server(host).run('mkdir -p /srv');
    const dry = await fleet.run(DAEMON('[/srv/conff]'), { dryRun: true });
    const warnings = dry.of('warning').map(({ message }) => message);
    assert.is(warnings.length, 1, warnings.join('\n'));
    assert.match(
      warnings[0] ?? '',
      /book\.yaml:6:\d+: step up protects "\/srv\/conff".*did you mean "\/srv\/conf"/,
    );
  }));

test('--allow of a step that is not there is refused, with the one that is meant', () =>
  withFleet(['a'], async (fleet) => {
    try {
      await fleet.run(DAEMON('true'), { allow: ['afterr'] });
      assert.unreachable();
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      assert.match(error.message, /--allow: no step "afterr" \[unknown-step\]\n.*did you mean "after"/);
    }
    assert.is(fleet.server('a').logins(), 0);
  }));
