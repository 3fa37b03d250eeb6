/** Two runs that want to write to one host: one does, the other is told or waits, and nothing is planned on what is gone. */
import { type Event, type Fleet, type Options, type Outcome, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('host lock, engine');

const alice = { owner: 'alice@desk', timeoutMs: 0 };
const bob = { owner: 'bob@laptop', timeoutMs: 0 };

/** Runs until the file /srv/go is there on the host; gives itself when the first host writes. */
const SLOW = `
steps:
  - { id: early, task: thing, with: { path: /srv/early } }
  - { id: hold, task: thing, needs: [early], with: { path: /srv/hold, also: "while [ ! -e /srv/go ]; do sleep 0.05; done" } }
`;

async function hold(fleet: Fleet, host: string, options: Options = {}): Promise<Promise<Outcome>[]> {
  const held: Promise<Outcome>[] = [];
  await new Promise<void>((begun, failed) => {
    const watch = (event: { readonly kind: string; readonly step?: string; readonly status?: string }) => {
      if (event.kind === 'change' && event.step === 'early') begun();
    };
    const run = fleet.run(SLOW, { limit: [host], locking: alice, cut: true, watch, ...options });
    run.catch(failed);
    held.push(run);
  });
  return held;
}

const go = (fleet: Fleet, host: string) => fleet.server(host).run('touch /srv/go');
const locked = (run: Outcome): readonly Event<'locked'>[] => run.of('locked');

const OTHER = `
steps:
  - { id: one, task: thing, with: { path: /srv/one } }
  - { id: two, task: thing, needs: [one], with: { path: /srv/two } }
`;

test('a locked host is told with who, which runbook and since when; the others go on; exit 7', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const [first] = await hold(fleet, 'a');
    const before = performance.now();
    const run = await fleet.run(OTHER, { locking: bob, cut: true });
    assert.ok(performance.now() - before < 3000);
    assert.is(`${run.exit} ${run.result}`, '7 locked');
    assert.equal(
      locked(run).map(({ host }) => host),
      ['a'],
    );
    const { message = '', hint = '' } = locked(run)[0]?.failure ?? {};
    assert.match(
      message,
      /^a is locked by alice@desk \(Book, run \d{14}-\w+\), since \d\d:\d\d:\d\d \(\d s ago\)$/,
    );
    assert.match(hint, /--lock-timeout/);
    assert.equal(run.steps('a'), ['one not_started', 'two not_started']);
    assert.equal(run.steps('b'), ['one changed', 'two changed']);
    assert.equal([run.host('a').locked, run.host('b').locked], [true, undefined]);
    assert.is(run.recap.next, 'run book inventory/lab --limit a');
    // Who has nothing to change, and who only looks, asks nobody.
    assert.is((await fleet.run(OTHER, { locking: bob, limit: ['b'] })).exit, 0);
    assert.is((await fleet.run(OTHER, { locking: bob, dryRun: true, cut: true })).exit, 0);
    go(fleet, 'a');
    assert.is((await first)?.exit, 0);
    assert.is((await fleet.run(OTHER, { locking: bob })).exit, 0);
  }));

test('it waits as long as it is told to, reads again, and finds done what the other has done', () =>
  withFleet(['a'], async (fleet) => {
    const [first] = await hold(fleet, 'a');
    const short = await fleet.run(OTHER, { locking: { ...bob, timeoutMs: 700 }, cut: true });
    assert.is(short.exit, 7);
    assert.ok(short.host('a').seconds >= 0.7, `${short.host('a').seconds} s`);
    const second = fleet.run(
      `
steps:
  - { id: early, task: thing, with: { path: /srv/early } }
  - { id: hold, task: thing, needs: [early], with: { path: /srv/hold } }
  - { id: more, task: thing, needs: [hold], with: { path: /srv/more } }
`,
      { locking: { ...bob, timeoutMs: 60_000 }, cut: true },
    );
    setTimeout(() => go(fleet, 'a'), 1000);
    const run = await second;
    assert.is(run.exit, 0);
    assert.is((await first)?.exit, 0);
    assert.match(run.of('warning')[0]?.message ?? '', /^waits for the end of alice@desk \(Book, run /);
    // What was planned from the state before is nowhere told or done: the first run had made it.
    assert.equal(run.steps(), ['early ok', 'hold ok', 'more changed']);
    assert.equal(
      run.of('change').map(({ step }) => step),
      ['more'],
    );
  }));

test('an interrupt ends the wait', () =>
  withFleet(['a'], async (fleet) => {
    const [first] = await hold(fleet, 'a');
    const run = await fleet.run(OTHER, {
      locking: { ...bob, timeoutMs: 60_000 },
      cut: true,
      watch: (event, control) => {
        if (event.kind === 'warning' && /waits for/.test(event.message)) control().stop('SIGINT');
      },
    });
    assert.is(run.exit, 130);
    go(fleet, 'a');
    await first;
  }));

test('what another run wrote between the read and the write is seen, also by steps that were right before', () =>
  withFleet(['a'], async (fleet) => {
    await fleet.run('steps: [{ id: base, task: thing, with: { path: /srv/base } }]');
    let spoilt: Promise<Outcome> | undefined;
    const book = `
steps:
  - { id: base, task: thing, with: { path: /srv/base } }
  - { id: more, task: thing, needs: [base], with: { path: /srv/more } }
`;
    const run = await fleet.run(book, {
      cut: true,
      locking: bob,
      open: (open) => async (target, signal) => {
        const session = await open(target, signal);
        return {
          get roundTrips() {
            return session.roundTrips;
          },
          get hello() {
            return session.hello;
          },
          read: (parts, abort) => session.read(parts, abort),
          // Right before the first write, another run undoes what this one has found right.
          async apply(job, watch, abort) {
            spoilt ??= fleet.run(
              'steps: [{ id: other, task: thing, with: { path: /srv/base, value: other } }]',
              {
                locking: alice,
                cut: true,
              },
            );
            assert.is((await spoilt).exit, 0);
            return session.apply(job, watch, abort);
          },
          decide: (job, want, abort) => session.decide(job, want, abort),
          awaitLock: (limit, abort) => session.awaitLock(limit, abort),
          tell: (text) => session.tell(text),
          close: () => session.close(),
        };
      },
    });
    assert.is(run.exit, 0);
    assert.match(run.of('warning')[0]?.message ?? '', /^written to by alice@desk .* since it was read/);
    assert.equal(run.steps(), ['base changed', 'more changed']);
    assert.is(fleet.server('a').run('cat /srv/base').trim(), 'x');
  }));

test('one machine under two names: the second is told so, and what it wants is done all the same', () =>
  withFleet(['a'], async (fleet) => {
    const { port, identity } = fleet.server('a');
    const twin = { address: '127.0.0.1', port, user: 'root', identity };
    fleet.file('inventory/lab/hosts.yaml', JSON.stringify({ hosts: { a: twin, twin } }));
    const book = 'steps: [{ id: one, task: thing, with: { path: /srv/one, also: "sleep 1" } }]';
    const run = await fleet.run(book, { cut: true });
    assert.is(run.exit, 2);
    const failures = run.of('step').filter(({ status }) => status === 'failed');
    assert.is(failures.length, 1);
    assert.match(
      failures[0]?.failure?.message ?? '',
      /no change was begun: this run is at work on that machine, as (a|twin)/,
    );
    assert.is((await fleet.run(book, { cut: true })).exit, 0);
  }));

test('a run that changes nothing leaves no trace of a lock', () =>
  withFleet(['a'], async (fleet) => {
    await fleet.run('steps: [{ id: one, task: assert, with: { that: true } }]');
    assert.equal(fleet.server('a').run('ls -A /var/lib/tightbeam 2>/dev/null || true'), '');
  }));
