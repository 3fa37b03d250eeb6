/** Checks: resources that only look. What they saw is told, all that does not hold, and when they look. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('checks');
const seen = (
  run: { of(kind: 'check', host?: string): readonly { step: string; text: string }[] },
  host = 'a',
) => run.of('check', host).map(({ step, text }) => `${step}: ${text}`);

const LOOK = `
steps:
  - { id: first, task: probe, with: { wants: { /srv/x: x, /srv/y: y } } }
  - { id: second, task: probe, needs: [], with: { wants: { /srv/z: z } } }
`;

test('checks that hold tell what they saw, in one round trip, real or dry', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b'])
      fleet.server(host).run('mkdir -p /srv; cd /srv; echo x >x; echo y >y; echo z >z');
    for (const dryRun of [false, true]) {
      const run = await fleet.run(LOOK, { dryRun });
      assert.is(run.exit, 0);
      assert.equal(seen(run), ['first: /srv/x is x', 'first: /srv/y is y', 'second: /srv/z is z']);
      assert.equal(run.steps('a'), ['first ok', 'second ok']);
      assert.equal(run.turns, { a: 1, b: 1 });
      // What was seen stands before the end of its step.
      const kinds = run.events
        .filter((event) => 'host' in event && event.host === 'a')
        .map(({ kind }) => kind);
      assert.equal(kinds, ['connected', 'check', 'check', 'step', 'check', 'step']);
    }
  }));

test('all that does not hold is told, the first as the cause, in the order of the steps', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; echo no >/srv/x; echo z >/srv/z');
    for (const dryRun of [false, true]) {
      const run = await fleet.run(LOOK, { dryRun });
      assert.is(run.exit, 2);
      const failure = run.failure('first');
      assert.is(failure.message, '/srv/x is no, not x\nalso: /srv/y is not there, not y');
      assert.is(failure.hint, 'write /srv/x');
      assert.is(failure.key, 'thing:/srv/x');
      assert.equal(run.steps(), ['first failed', 'second ok']);
      assert.equal(seen(run), ['second: /srv/z is z']);
    }
  }));

test('behind a check that does not hold nothing is written', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: both, task: probe, with: { wants: { /srv/x: x }, write: /srv/w } }
`);
    assert.is(run.exit, 2);
    assert.is(run.failure('both').message, '/srv/x is not there, not x');
    assert.equal(run.changes(), []);
  }));

const MADE = `
steps:
  - { id: make, task: thing, with: { path: /srv/make, value: x, also: "echo x >/srv/x", voids: ["thing:/srv/x"] } }
  - { id: look, task: probe, with: { wants: { /srv/x: x } } }
`;

test('a check after pending changes is for later in a dry run, and looks after them in a real one', () =>
  withFleet(['a'], async (fleet) => {
    const dry = await fleet.run(MADE, { dryRun: true });
    assert.is(dry.exit, 0);
    assert.equal(
      dry.of('later').map(({ step, reason }) => `${step}: ${reason}`),
      ['look: step make, after which it looks'],
    );
    assert.equal(seen(dry), []);
    assert.is(dry.host('a').later, 1);
    const run = await fleet.run(MADE);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(seen(run), ['look: /srv/x is x']);
    assert.equal(run.turns, { a: 2 });
    const again = await fleet.run(MADE);
    assert.equal(seen(again), ['look: /srv/x is x']);
    assert.equal(again.turns, { a: 1 });
  }));

test('a check that does not hold after the changes fails in its own words', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(MADE.replace('echo x', 'echo y'));
    assert.is(run.exit, 2);
    assert.is(run.failure('look').message, '/srv/x is y, not x');
    assert.equal(run.steps(), ['make changed', 'look failed']);
  }));

test('a check that held before the changes, and does not after them, fails in its own words', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; echo x >/srv/x; echo y >/srv/y');
    const run = await fleet.run(`
steps:
  - { id: look, task: probe, with: { early: true, wants: { /srv/x: x, /srv/y: y } } }
  - { id: make, task: thing, with: { path: /srv/make, also: "echo no >/srv/x; echo no >/srv/y" } }
`);
    assert.is(run.exit, 2);
    const failure = run.failure('look');
    assert.is(failure.message, '/srv/x is no, not x\nalso: /srv/y is no, not y');
    assert.is(failure.hint, 'write /srv/x');
  }));

test('a check that waits for another host looks again when that one was changed', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: make, task: thing, hosts: b, with: { path: /srv/make, also: sleep 1 } }
  - { id: look, task: probe, needs: [make@b], hosts: a, with: { wants: { /srv/x: x } } }
`);
    assert.is(run.exit, 2);
    assert.is(run.host('a').roundTrips, 2);
  }));
