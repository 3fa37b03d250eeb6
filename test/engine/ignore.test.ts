/** `ignore_errors: reason`: a step's own failure counts as met, and is shown with its reason. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('failures that are ignored');

const BOOK = `
steps:
  - { id: one, task: thing, ignore_errors: it may be locked, notify: [report], with: { path: /srv/one, also: "exit 3" } }
  - { id: two, task: thing, with: { path: /srv/two } }
handlers:
  - { id: report, task: act, with: { run: "echo report >>/srv/order", effects: [] } }
`;

test('what follows goes on, the failure is shown with its reason, and the run is well', () =>
  withFleet(['a', 'b'], async (fleet) => {
    fleet.server('b').run('mkdir -p /srv; echo x >/srv/one');
    const run = await fleet.run(BOOK);
    assert.is(run.exit, 0);
    assert.is(run.result, 'ok');
    assert.equal(run.steps('a'), ['one ignored', 'two changed']);
    assert.equal(run.steps('b'), ['one ok', 'two changed']);
    assert.match(run.failure('one', 'a').message, /failed with status 3/);
    assert.is(run.of('step', 'a').find(({ step }) => step === 'one')?.reason, 'it may be locked');
    assert.equal([run.host('a').failed, run.host('a').ignored, run.host('b').ignored], [0, 1, 0]);
    assert.is(run.recap.next, undefined);
    // It changed nothing, so its handler is not for this run.
    assert.throws(() => fleet.server('a').run('cat /srv/order'));
  }));

test('a handler of a step that changed something before it failed runs', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: one, task: act, ignore_errors: half is enough, notify: [report], with: { run: "echo half >/srv/half", effects: [], and: /proc/no } }
handlers:
  - { id: report, task: act, with: { run: "echo report >>/srv/order", effects: [] } }
`);
    assert.is(run.exit, 0);
    assert.equal(run.steps(), ['one ignored', 'report changed']);
    assert.is(fleet.server('a').run('cat /srv/order'), 'report\n');
  }));

test('a check that does not hold, found before the first write, keeps nobody from writing; dry or real', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: look, task: probe, ignore_errors: only worth knowing, with: { wants: { /srv/x: x } } }
  - { id: two, task: thing, with: { path: /srv/two } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.is(dry.exit, 0);
    assert.equal(dry.steps(), ['look ignored', 'two changed']);
    const run = await fleet.run(book);
    assert.is(run.exit, 0);
    assert.equal(run.steps(), ['look ignored', 'two changed']);
    assert.is(fleet.server('a').run('cat /srv/two'), 'x\n');
  }));

test('neither a host out of reach nor steps that contradict each other are ignored', () =>
  withFleet(['a', 'b'], async (fleet) => {
    fleet.server('b').proxy.mode.dropNext = 1000;
    const run = await fleet.run(
      `
steps:
  - { id: one, task: thing, ignore_errors: whatever, with: { path: /srv/one, value: "\${{ facts.os.id }}" } }
  - { id: two, task: thing, ignore_errors: whatever, with: { path: /srv/one, value: other } }
`,
      { cut: true, connectTimeoutMs: 2000 },
    );
    assert.is(run.exit, 6);
    assert.equal(run.steps('b'), ['one unreachable', 'two unreachable']);
    assert.ok(
      run.steps('a').some((step) => step.endsWith(' failed')),
      run.steps('a').join(),
    );
  }));

test('what is missing on a host outside --limit is no failure of the step itself, and is not ignored', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(
      `
steps:
  - { id: one, task: thing, hosts: b, with: { path: /srv/one } }
  - { id: two, task: thing, hosts: a, needs: [one@b], ignore_errors: it may be down, with: { path: /srv/two } }
  - { id: three, task: thing, hosts: a, with: { path: /srv/three } }
`,
      { limit: ['a'] },
    );
    assert.is(run.exit, 2);
    assert.equal(run.steps('a'), ['two failed', 'three skipped']);
  }));
