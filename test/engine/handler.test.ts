/** What is owed to a change is marked on the host before it, and paid once: handlers, restarts. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('handlers and debts');

const log = (text: string): string => `echo ${text} >>/srv/order`;

test('a handler runs once for several notifiers, after the last of them', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: one, task: thing, notify: [report], with: { path: /srv/one, also: "${log('one')}" } }
  - { id: two, task: thing, notify: [report], with: { path: /srv/two, also: "${log('two')}" } }
  - { id: far, task: thing, with: { path: /srv/far, also: "${log('far')}" } }
handlers:
  - { id: report, task: act, with: { run: "${log('report')}", effects: [] } }
`;
    const first = await fleet.run(book);
    assert.is(first.exit, 0);
    assert.is(fleet.server('a').run('cat /srv/order'), 'one\ntwo\nfar\nreport\n');
    assert.equal(first.turns, { a: 2 });
    assert.is(fleet.server('a').run('ls -A /var/lib/tightbeam/owed'), '');
    const again = await fleet.run(book);
    assert.equal(again.changes(), []);
    assert.is(again.host('a').ok, 3);
  }));

test('pending survives a failure: run 1 fails, run 2 runs just the handler, run 3 nothing', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: one, task: thing, notify: [report], with: { path: /srv/one } }
handlers:
  - { id: report, task: act, with: { run: "test -e /srv/fixed && ${log('report')}", effects: [] } }
`;
    const first = await fleet.run(book);
    assert.is(first.exit, 2);
    assert.equal(first.steps(), ['one changed', 'report failed']);
    fleet.server('a').run('touch /srv/fixed');
    const second = await fleet.run(book);
    assert.is(second.exit, 0);
    assert.equal(
      second.of('change').map(({ step }) => step),
      ['report'],
    );
    const third = await fleet.run(book);
    assert.equal(third.changes(), []);
    assert.equal(third.turns, { a: 1 });
    assert.is(fleet.server('a').run('cat /srv/order'), 'report\n');
  }));

test('a handler runs also when a later step failed, and not when its only notifier did', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: one, task: thing, notify: [first], with: { path: /srv/one } }
  - { id: two, task: thing, notify: [second], with: { path: /srv/two, also: "exit 1" } }
handlers:
  - { id: first, task: act, with: { run: "${log('first')}", effects: [] } }
  - { id: second, task: act, with: { run: "${log('second')}", effects: [] } }
`);
    assert.is(run.exit, 2);
    assert.is(fleet.server('a').run('cat /srv/order'), 'first\n');
    assert.is(fleet.server('a').run('ls /var/lib/tightbeam/owed'), 'handler.Book.second\n');
  }));

test('the mark is there before the change: a host that dies in between owes its handler', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - id: one
    task: thing
    notify: [report]
    with: { path: /srv/one, also: "ls /var/lib/tightbeam/owed >/srv/marks" }
handlers:
  - { id: report, task: act, with: { run: "true", effects: [] } }
`);
    assert.is(run.exit, 0);
    assert.is(fleet.server('a').run('cat /srv/marks'), 'handler.Book.report\n');
  }));

test('a step may need a handler: it runs after it, or at once when nobody asked for it', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: one, task: thing, notify: [report], with: { path: /srv/one } }
  - { id: two, task: thing, needs: [report], with: { path: /srv/two, also: "${log('two')}" } }
handlers:
  - { id: report, task: act, with: { run: "${log('report')}", effects: [] } }
`;
    assert.is((await fleet.run(book)).exit, 0);
    assert.is(fleet.server('a').run('cat /srv/order'), 'report\ntwo\n');
    fleet.server('a').run('rm /srv/two');
    const again = await fleet.run(book);
    assert.equal(again.steps(), ['one ok', 'two changed']);
  }));

const DAEMON = `
steps:
  - { id: conf, task: thing, with: { path: /srv/conf, value: "\${{ vars.value }}" } }
  - { id: more, task: thing, with: { path: /srv/more, value: "\${{ vars.value }}" } }
  - { id: unit, task: daemon, with: { path: /srv/unit, restart_on: ["thing:/srv/conf", "thing:/srv/more"] } }
  - { id: after, task: thing, with: { path: /srv/after } }
`;
const value = (text: string): { readonly extraVars: string[] } => ({ extraVars: [`value=${text}`] });

test('two changes restart what rests on them once, and a start is no restart', () =>
  withFleet(['a'], async (fleet) => {
    const starts = (): string => fleet.server('a').run('cat /srv/unit.starts');
    const first = await fleet.run(DAEMON, value('one'));
    assert.is(first.exit, 0);
    assert.is(starts(), 'started\n');
    const second = await fleet.run(DAEMON, value('two'));
    assert.equal(second.steps(), ['conf changed', 'more changed', 'unit changed', 'after ok']);
    assert.equal(second.turns, { a: 2 });
    assert.is(starts(), 'started\nstarted\n');
    assert.equal((await fleet.run(DAEMON, value('two'))).changes(), []);
    assert.is(starts(), 'started\nstarted\n');
  }));

test('a restart that failed is still owed in the next run', () =>
  withFleet(['a'], async (fleet) => {
    const book = DAEMON.replace('restart_on', 'fail_if: "test -e /srv/broken", restart_on');
    assert.is((await fleet.run(book, value('one'))).exit, 0);
    fleet.server('a').run('touch /srv/broken');
    const failed = await fleet.run(book, value('two'));
    assert.is(failed.exit, 2);
    assert.is(failed.failure('unit').key, 'thing:/srv/unit');
    fleet.server('a').run('rm /srv/broken');
    const mended = await fleet.run(book, value('two'));
    assert.equal(
      mended.of('change').map(({ key, action }) => `${key} ${action}`),
      ['thing:/srv/unit restart'],
    );
    assert.equal((await fleet.run(book, value('two'))).changes(), []);
  }));

test('a change after the unit, even behind a boundary, restarts it, and the step says so', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: unit, task: daemon, with: { path: /srv/unit, restart_on: ["thing:/srv/conf"] } }
  - { id: act, task: act, with: { run: "true" } }
  - { id: conf, task: thing, with: { path: /srv/conf, value: "\${{ vars.value }}" } }
`;
    assert.is((await fleet.run(book, value('one'))).exit, 0);
    const run = await fleet.run(book, value('two'));
    assert.is(run.exit, 0);
    assert.equal(
      run.of('change').map(({ step, action }) => `${step} ${action}`),
      ['act run', 'conf update', 'unit restart'],
    );
    assert.is(run.host('a').changed, 3);
    assert.is(run.host('a').ok, 0);
    assert.is(run.of('step').findLast(({ step }) => step === 'unit')?.status, 'changed');
  }));

test('what is owed to a step that is skipped or left out waits for it', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: conf, task: thing, tags: [conf], with: { path: /srv/conf, value: "\${{ vars.value }}" } }
  - { id: wall, task: thing, tags: [wall], with: { path: /srv/wall, also: "test ! -e /srv/broken" } }
  - { id: unit, task: daemon, with: { path: /srv/unit, restart_on: ["thing:/srv/conf"] } }
`;
    assert.is((await fleet.run(book, value('one'))).exit, 0);
    fleet.server('a').run('touch /srv/broken; rm /srv/wall');
    const skipped = await fleet.run(book, value('two'));
    assert.equal(skipped.steps(), ['conf changed', 'wall failed', 'unit skipped']);
    const left = await fleet.run(book, { ...value('three'), tags: ['conf'] });
    assert.equal(left.steps(), ['conf changed']);
    assert.is(fleet.server('a').run('cat /srv/unit.starts'), 'started\n');
    fleet.server('a').run('rm /srv/broken');
    const whole = await fleet.run(book, value('three'));
    assert.equal(whole.steps(), ['conf ok', 'wall changed', 'unit changed']);
    assert.is(fleet.server('a').run('cat /srv/unit.starts'), 'started\nstarted\n');
  }));

test('a handler behind a boundary restarts nothing that was restarted since it was notified', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: conf, task: thing, notify: [again], with: { path: /srv/conf, value: "\${{ vars.value }}" } }
  - { id: unit, task: daemon, with: { path: /srv/unit, restart_on: ["thing:/srv/conf"] } }
  - { id: act, task: act, with: { run: "true" } }
  - { id: far, task: thing, with: { path: /srv/far, value: "\${{ vars.value }}" } }
handlers:
  - { id: again, task: daemon, with: { path: /srv/unit, restart_on: [], act: true } }
`;
    assert.is((await fleet.run(book, value('one'))).exit, 0);
    const run = await fleet.run(book, value('two'));
    assert.is(run.exit, 0);
    assert.equal(
      run.of('change').map(({ step, action }) => `${step} ${action}`),
      ['conf update', 'unit restart', 'act run', 'far update'],
    );
    assert.equal(run.turns, { a: 3 });
    assert.is(fleet.server('a').run('cat /srv/unit.starts'), 'started\nstarted\n');
    assert.is(fleet.server('a').run('ls -A /var/lib/tightbeam/owed'), '');
  }));

test('a change between two boundaries restarts what was restarted before it', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: conf, task: thing, with: { path: /srv/conf, value: "\${{ vars.value }}" } }
  - { id: unit, task: daemon, with: { path: /srv/unit, restart_on: ["thing:/srv/conf", "thing:/srv/more"] } }
  - { id: act, task: act, with: { run: "true" } }
  - { id: more, task: thing, with: { path: /srv/more, value: "\${{ vars.value }}" } }
  - { id: act2, task: act, with: { run: "true" } }
  - { id: far, task: thing, with: { path: /srv/far, value: "\${{ vars.value }}" } }
`;
    assert.is((await fleet.run(book, value('one'))).exit, 0);
    fleet.server('a').run('rm /srv/unit.starts');
    const run = await fleet.run(book, value('two'));
    assert.is(run.exit, 0);
    assert.equal(
      run.of('change').flatMap(({ step, action }) => (action === 'run' ? [] : [`${step} ${action}`])),
      ['conf update', 'unit restart', 'more update', 'far update', 'unit restart'],
    );
    assert.is(fleet.server('a').run('cat /srv/unit.starts'), 'started\nstarted\n');
  }));
