/** Hosts in batches: each after the one before it, and none after too many failures. */
import { type Fleet, type Outcome, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('rollout');

const BOOK = `
rollout: { batch: [1, 2] }
steps:
  - { id: one, task: thing, with: { path: /srv/one, also: '[ ! -e /srv/bad ]' }, notify: [tell] }
  - { id: two, task: thing, with: { path: /srv/two } }
handlers:
  - { id: tell, task: act, with: { run: "echo told >>/srv/told" } }
`;
const HOSTS = ['a', 'b', 'c', 'd'];

/** Hosts in the order in which their first change and their last end came. */
function order(run: Outcome): readonly string[] {
  return run.of('step').map(({ host, step }) => `${host} ${step}`);
}

function spoil(fleet: Fleet, host: string): void {
  fleet.server(host).run('mkdir -p /srv && touch /srv/bad');
}

test('a batch begins when every host of the one before has ended all of its steps, handlers too', () =>
  withFleet(HOSTS, async (fleet) => {
    const dry = await fleet.run(BOOK, { dryRun: true });
    assert.equal(Object.values(dry.turns), [1, 1, 1, 1]);
    assert.equal(dry.changes().length, 12);
    const run = await fleet.run(BOOK);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    const seen = order(run);
    const last = (host: string): number => seen.findLastIndex((each) => each.startsWith(`${host} `));
    const first = (host: string): number => seen.findIndex((each) => each.startsWith(`${host} `));
    assert.ok(last('a') < Math.min(first('b'), first('c')), seen.join());
    assert.ok(Math.max(last('b'), last('c')) < first('d'), seen.join());
    assert.ok(seen.indexOf('a tell') < first('b'), seen.join());
    assert.equal(run.turns, { a: 2, b: 2, c: 2, d: 2 });
    // Not even logging in is done before its turn.
    const events = run.events.map((event) => ('host' in event ? `${event.kind} ${event.host}` : event.kind));
    assert.ok(events.indexOf('connected b') > events.lastIndexOf('step a'), events.join());
    const again = await fleet.run(BOOK);
    assert.equal(again.changes(), []);
    assert.equal(again.turns, { a: 1, b: 1, c: 1, d: 1 });
  }));

test('more failures than allowed: nothing further begins, and the next command names who is left', () =>
  withFleet(HOSTS, async (fleet) => {
    spoil(fleet, 'b');
    const run = await fleet.run(BOOK);
    assert.is(run.exit, 2);
    assert.equal(run.steps('d'), ['one skipped', 'two skipped']);
    assert.match(
      run.of('step', 'd')[0]?.reason ?? '',
      /^the rollout has stopped: 1 host \(b\) failed, were locked or could not be reached, more than max_failures: 0$/,
    );
    assert.is(run.turns.d, 0);
    assert.equal(run.steps('c'), ['one changed', 'two changed', 'tell changed']);
    assert.match(run.of('warning')[0]?.message ?? '', /; not begun: d$/);
    assert.match(run.recap.next ?? '', /--limit b,d$/);
    assert.is(run.host('d').skipped, 2);
  }));

test('as many as are allowed may fail, and a host that cannot be reached counts', () =>
  withFleet(HOSTS, async (fleet) => {
    spoil(fleet, 'a');
    const book = BOOK.replace('[1, 2]', '25%, max_failures: 1');
    const run = await fleet.run(book);
    assert.is(run.exit, 2);
    assert.ok(run.steps('d').includes('two changed'));
    const down = await fleet.run(BOOK.replace('[1, 2]', '1'), {
      cut: true,
      open: (open) => async (target, signal) => {
        if (target.name === 'b') return open({ ...target, port: 1 }, signal);
        return open(target, signal);
      },
      limit: ['b', 'c', 'd'],
    });
    assert.is(down.exit, 4, JSON.stringify(down.of('step')));
    assert.equal(down.steps('c'), ['one skipped', 'two skipped']);
  }));

test('a group rolls out by itself, and looks again at what others have changed', () =>
  withFleet(HOSTS, async (fleet) => {
    const book = `
steps:
  - { id: free, task: thing, with: { path: /srv/free } }
  - group: slow
    rollout: { batch: 50% }
    steps:
      - { id: one, task: thing, with: { path: /srv/one } }
  - { id: last, task: thing, with: { path: /srv/last } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    const seen = order(run);
    assert.ok(
      seen.indexOf('a one') < seen.indexOf('c one') && seen.indexOf('b one') < seen.indexOf('d one'),
      seen.join(),
    );
    assert.ok(seen.indexOf('c free') < seen.indexOf('c one'));
    assert.equal((await fleet.run(book)).changes(), []);
  }));

test('a restart that is owed behind a lock is paid before the next batch begins', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b']) fleet.server(host).run('mkdir -p /srv');
    const book = `
rollout: { batch: 1 }
steps:
  - { id: unit, task: daemon, with: { path: /srv/unit, restart_on: ["thing:/srv/conf"], fail_if: "[ -e /srv/down ]" } }
  - { id: conf, task: thing, lock: x, with: { path: /srv/conf, value: "\${{ vars.value }}" } }
`;
    assert.is((await fleet.run(book, { extraVars: ['value=one'] })).exit, 0);
    fleet.server('a').run('touch /srv/down');
    const run = await fleet.run(book, { extraVars: ['value=two'] });
    assert.is(run.exit, 2);
    assert.equal(run.steps('a'), ['unit ok', 'conf changed', 'unit failed']);
    assert.equal(run.steps('b'), ['unit skipped', 'conf skipped']);
    assert.is(run.turns.b, 0);
  }));

test('a host on which only a handler could run is in no batch', () =>
  withFleet({ db: {}, web1: { groups: ['web'] }, web2: { groups: ['web'] } }, async (fleet) => {
    spoil(fleet, 'web1');
    const run = await fleet.run(`
steps:
  - { id: base, task: thing, with: { path: /srv/base } }
  - group: slow
    hosts: web
    rollout: { batch: [1, 2] }
    steps:
      - { id: one, task: thing, with: { path: /srv/one, also: '[ ! -e /srv/bad ]' }, notify: [tell] }
handlers:
  - { id: tell, task: act, with: { run: "echo told" } }
`);
    assert.is(run.exit, 2);
    assert.equal(run.steps('web1'), ['base changed', 'one failed']);
    // Nor is anything told of a handler that nobody has asked for.
    assert.equal(run.steps('web2'), ['base changed', 'one skipped']);
    assert.equal(run.steps('db'), ['base changed']);
  }));

test('neither an interrupt nor a dry run says that failures have stopped the rollout', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    const book = `
rollout: { batch: 1 }
steps:
  - { id: one, task: thing, with: { path: /srv/one, also: 'sleep 0.3' } }
  - { id: two, task: command, with: { shell: "[ ! -e /srv/bad ]", changed: never } }
`;
    const run = await fleet.run(book, {
      watch: (event, control) => {
        if (event.kind === 'connected') control().stop('SIGINT');
      },
    });
    assert.is(run.exit, 130);
    assert.equal(run.steps('c'), ['one interrupted', 'two interrupted']);
    assert.equal(
      run.of('warning').filter(({ message }) => message.includes('rollout')),
      [],
    );
    spoil(fleet, 'a');
    const dry = await fleet.run(book, { dryRun: true });
    assert.is(dry.of('step', 'c').length, 2);
    assert.equal(dry.of('warning'), []);
  }));
