/** Verification reads the host: writes that do nothing, do something else, or undo another's are found in the same run. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('verification');

test('a write that does nothing fails with the difference', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: dud, task: thing, with: { path: /srv/dud, write: nothing } }
  - { id: next, task: thing, needs: [dud], with: { path: /srv/next } }
`);
    assert.is(run.exit, 2);
    const failure = run.failure('dud');
    assert.is(failure.key, 'thing:/srv/dud');
    assert.equal(failure.diff, [{ kind: 'field', name: 'value', from: '', to: 'x' }]);
    assert.match(failure.place ?? '', /book\.yaml:5:5$/);
    assert.equal(
      run.steps().filter((step) => step.startsWith('dud')),
      ['dud failed'],
    );
    assert.is(run.host('a').failed, 1);
  }));

test('a write that does something else fails with the difference', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: astray, task: thing, with: { path: /srv/astray, value: mine, write: other } }
`);
    assert.is(run.exit, 2);
    assert.equal(run.failure('astray').diff, [{ kind: 'field', name: 'value', from: 'other', to: 'mine' }]);
    assert.equal(run.steps(), ['astray failed']);
  }));

test('an effect that a later step did not declare is found in the same run', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: mine, task: thing, with: { path: /srv/mine, value: good } }
  - { id: sly, task: thing, with: { path: /srv/sly, also: "echo bad >/srv/mine" } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 2);
    assert.equal(run.failure('mine').diff, [{ kind: 'field', name: 'value', from: 'bad', to: 'good' }]);
    assert.is(fleet.server('a').run('cat /srv/mine'), 'bad\n');
  }));

test('a step that was right all along and is broken by another one is found too', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv && echo good >/srv/mine');
    const run = await fleet.run(`
steps:
  - { id: mine, task: thing, with: { path: /srv/mine, value: good } }
  - { id: sly, task: thing, with: { path: /srv/sly, also: "echo bad >/srv/mine" } }
`);
    assert.is(run.exit, 2);
    assert.is(run.failure('mine').key, 'thing:/srv/mine');
  }));

test('the failure names the very change, and its output', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: one, task: thing, with: { path: /srv/one } }
  - { id: two, task: thing, with: { path: /srv/two, also: "echo so sorry >&2; exit 9" } }
  - { id: three, task: thing, needs: [], with: { path: /srv/three } }
  - { id: four, task: thing, needs: [two], with: { path: /srv/four } }
`);
    assert.is(run.exit, 2);
    const failure = run.failure('two');
    assert.is(failure.key, 'thing:/srv/two');
    assert.match(failure.message, /status 9/);
    assert.is(failure.output, 'so sorry');
    // What does not need it still runs; what does is skipped.
    assert.equal([...run.steps()].sort(), ['four skipped', 'one changed', 'three changed', 'two failed']);
    assert.is(fleet.server('a').run('cat /srv/one.log /srv/two.log /srv/three.log'), 'ran\nran\nran\n');
  }));

test('a command whose guard does not hold after it ran fails the run; what it is for need not be read by others', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: made, task: command, with: { shell: "touch /srv/made; echo said", creates: /srv/made } }
  - { id: never, task: command, needs: [], with: { shell: "echo ran >>/srv/ran", creates: /srv/never } }
  - { id: unless, task: command, needs: [], with: { shell: "true", unless: "test -e /srv/nowhere" } }
  - { id: always, task: command, needs: [], with: { shell: "true", creates: /srv/never, changed: always } }
  - { id: note, task: seen, needs: [made], with: { path: /srv/note, what: '\${{ steps.made.outputs.stdout }}' } }
`);
    assert.is(run.exit, 2);
    assert.equal([...run.steps()].sort(), [
      'always changed',
      'made changed',
      'never failed',
      'note changed',
      'unless failed',
    ]);
    assert.match(run.failure('never').message, /is not as declared after it was applied/);
    assert.match(run.failure('never').hint ?? '', /its guard .* says that it must run again/);
    assert.is(fleet.server('a').run('cat /srv/ran'), 'ran\n');
  }));
