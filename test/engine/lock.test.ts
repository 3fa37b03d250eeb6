/** `lock`: a named mutex over the hosts of a run; who changes nothing takes none, and nobody waits for ever. */
import { createLocks } from '../../lib/engine/lock.ts';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('locks');
const HOSTS = ['a', 'b', 'c', 'd'];

/** How many held it at once at most, by what their changes wrote of their begin and end. */
function most(fleet: Fleet, hosts: readonly string[]): number {
  const marks = hosts.flatMap((host) =>
    fleet
      .server(host)
      .run('cat /srv/time 2>/dev/null || true')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ at: Number(line.slice(1)), by: line.startsWith('+') ? 1 : -1 })),
  );
  let held = 0;
  return marks
    .sort((x, y) => x.at - y.at || x.by - y.by)
    .reduce((found, { by }) => {
      held += by;
      return Math.max(found, held);
    }, 0);
}

const SLOW = 'date +%s%N | sed s/^/+/ >>/srv/time; sleep 0.2; date +%s%N | sed s/^/-/ >>/srv/time';

test('one host at a time writes, in a stretch of its own; who has nothing to change takes none', () =>
  withFleet(HOSTS, async (fleet) => {
    for (const host of HOSTS) fleet.server(host).run('mkdir -p /srv');
    fleet.server('d').run('echo x >/srv/slow');
    const book = (lock: string): string => `
steps:
  - { id: before, task: thing, with: { path: /srv/before } }
  - { id: slow, task: thing, lock: ${lock}, with: { path: /srv/slow, also: "${SLOW}" } }
  - { id: after, task: thing, with: { path: /srv/after } }
`;
    const dry = await fleet.run(book('roll'), { dryRun: true });
    assert.is(dry.exit, 0);
    const run = await fleet.run(book('roll'));
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.is(most(fleet, HOSTS), 1);
    for (const host of ['a', 'b', 'c'])
      assert.equal(run.steps(host), ['before changed', 'slow changed', 'after changed']);
    // One stretch before it, its own, one after it; the host without a change for it writes all in one.
    assert.equal(run.turns, { a: 4, b: 4, c: 4, d: 2 });
    for (const host of HOSTS) fleet.server(host).run('rm /srv/slow /srv/time 2>/dev/null || true');
    const two = await fleet.run(book('{ name: roll, max: 2 }'));
    assert.is(two.exit, 0);
    assert.is(most(fleet, HOSTS), 2);
  }));

test('edges between hosts and locks do not close a ring', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    for (const host of ['a', 'b', 'c']) fleet.server(host).run('mkdir -p /srv');
    const run = await fleet.run(
      `
steps:
  - { id: one, task: thing, lock: x, with: { path: /srv/one, also: "${SLOW}" } }
  - { id: two, task: thing, lock: x, hosts: a, needs: [one@c], with: { path: /srv/two, also: "${SLOW}" } }
  - { id: three, task: thing, lock: y, hosts: "b,c", needs: [two@a], with: { path: /srv/three } }
  - { id: four, task: thing, lock: x, needs: [three@all], with: { path: /srv/four, also: "${SLOW}" } }
  - { id: five, task: thing, lock: y, needs: [four@all], with: { path: /srv/five } }
`,
      { forks: 1 },
    );
    assert.is(run.exit, 0, JSON.stringify(run.events.at(-1)));
    assert.is(most(fleet, ['a', 'b', 'c']), 1);
    assert.is(run.host('a').changed + run.host('b').changed + run.host('c').changed, 12);
  }));

test('a host that fails, sleeps between tries or is cut off lets go in the end', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    for (const host of ['a', 'b', 'c']) fleet.server(host).run('mkdir -p /srv');
    fleet.server('a').run('touch /srv/broken');
    const run = await fleet.run(`
steps:
  - { id: one, task: thing, lock: x, retries: 1, delay: 100ms, with: { path: /srv/one, also: "test ! -e /srv/broken || exit 1; ${SLOW}" } }
`);
    assert.is(run.exit, 2);
    assert.equal([run.steps('a'), run.steps('b'), run.steps('c')].flat(), [
      'one failed',
      'one changed',
      'one changed',
    ]);
    assert.is(most(fleet, ['a', 'b', 'c']), 1);
  }));

test('items of one step are under one hold, and a restart that is owed takes its turn', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b']) fleet.server(host).run('mkdir -p /srv');
    const book = `
steps:
  - { id: unit, task: daemon, lock: x, with: { path: /srv/unit, restart_on: ["thing:/srv/conf"] } }
  - { id: each, task: act, foreach: [u, v], lock: x, with: { run: "${SLOW}" } }
  - { id: conf, task: thing, with: { path: /srv/conf, value: "\${{ vars.value }}" } }
`;
    assert.is((await fleet.run(book, { extraVars: ['value=one'] })).exit, 0);
    for (const host of ['a', 'b']) fleet.server(host).run('rm /srv/unit.starts /srv/time');
    const run = await fleet.run(book, { extraVars: ['value=two'] });
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.is(most(fleet, ['a', 'b']), 1);
    for (const host of ['a', 'b']) assert.is(fleet.server(host).run('cat /srv/unit.starts'), 'started\n');
  }));

test('those who come first are first; letting go of a place in line is enough', () => {
  const locks = createLocks();
  const told: string[] = [];
  locks.onTurn((name, host) => told.push(`${name} ${host}`));
  const x = { name: 'x', max: 1 };
  assert.equal(
    [locks.take(x, 'a'), locks.take(x, 'a'), locks.take(x, 'b'), locks.take(x, 'c')],
    [true, true, false, false],
  );
  locks.release('x', 'b');
  locks.release('x', 'a');
  assert.equal(told, ['x c']);
  assert.equal([locks.namesOf('c'), locks.namesOf('a')], [['x'], []]);
  assert.is(locks.take(x, 'a'), false);
});
