/** Changes that can cut the connection are confirmed by a new login, or the host takes them back. */
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('confirm');

const shown = (fleet: Fleet, host: string, path: string): string =>
  fleet.server(host).run(`cat ${path} 2>/dev/null || echo absent`).trim();

/** What is left of us there beside copies for an undo. */
const left = (fleet: Fleet, host: string): string =>
  fleet
    .server(host)
    .run(
      'cd /var/lib/tightbeam && find runs revert reverted -mindepth 1 2>/dev/null; ls /etc/cron.d | grep tightbeam; pgrep -f "[r]evert/" || true',
    )
    .trim();

/** What is said last over a connection may be answered or not: the servers' own count is not compared. */
const CUT = { cut: true } as const;

const BOOK = `
steps:
  - { id: before, task: thing, with: { path: /srv/before, back: 'yes' } }
  - { id: wall, task: thing, with: { path: /srv/wall, cuts: true, back: 'yes' } }
  - { id: door, task: thing, with: { path: /srv/door, cuts: true, back: 'yes' } }
  - { id: after, task: thing, with: { path: /srv/after, back: 'yes' } }
`;

test('neighbours that can cut share one stretch and one login of their own; nothing of it stays', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const dry = await fleet.run(BOOK, { dryRun: true });
    assert.equal(
      dry.of('change').map(({ step, confirm }) => `${step} ${confirm}`),
      ['before undefined', 'wall 60', 'door 60', 'after undefined'],
    );
    const run = await fleet.run(BOOK, CUT);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.equal(run.steps('a'), ['before changed', 'wall changed', 'door changed', 'after changed']);
    // The read, three stretches, and the frame that confirms the second.
    assert.is(run.host('a').roundTrips, 5);
    assert.is(fleet.server('a').logins(), 3);
    assert.is(left(fleet, 'a'), '');
    const again = await fleet.run(BOOK);
    assert.equal(again.turns, { a: 1 });
    assert.is(fleet.server('a').logins(), 4);
  }));

test('a run that would find all right waits until what another run has left unconfirmed is taken back', () =>
  withFleet(['a'], async (fleet) => {
    const server = fleet.server('a');
    server.run('mkdir -p /srv');
    assert.is((await fleet.run(BOOK, CUT)).exit, 0);
    // As a killed run leaves it: its folder, and somebody who takes back when the time has come.
    const pending = (): void => {
      server.run(
        `D=/var/lib/tightbeam/revert/killed.1; mkdir -p $D; read -r up rest </proc/uptime; echo $((\${up%.*} + 3)) >$D/until
( sleep 2; rm -f /srv/door; rm -rf $D ) </dev/null >/dev/null 2>&1 &`,
      );
    };
    pending();
    const dry = await fleet.run(BOOK, { dryRun: true });
    assert.equal([dry.changes('a'), dry.of('warning').length], [[], 1]);
    assert.match(dry.of('warning')[0]?.message ?? '', /not confirmed yet .* may be taken back/);
    const run = await fleet.run(BOOK, CUT);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.match(
      run.of('warning')[0]?.message ?? '',
      /^waits until what a run has changed here is confirmed/,
    );
    assert.equal(run.steps('a'), ['before ok', 'wall ok', 'door changed', 'after ok']);
    assert.equal((await fleet.run(BOOK)).turns, { a: 1 });
  }));

test('without a new login the host takes back what it had, others go on, and the run says so', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b']) fleet.server(host).run('mkdir -p /srv; echo old >/srv/wall');
    const { mode } = fleet.server('a').proxy;
    const run = await fleet.run(BOOK, {
      watch: (event) => {
        if (event.kind !== 'change' || event.host !== 'a' || event.step !== 'wall') return;
        mode.dropNext = 1000;
        setTimeout(() => {
          mode.dropNext = 0;
        }, 4000);
      },
      confirm: 3000,
      ...CUT,
    });
    assert.is(`${run.exit} ${run.result}`, '5 rolled_back');
    const awaited = run
      .of('progress', 'a')
      .filter(({ text }) => /a new login is awaited until \d\d:\d\d:\d\d/.test(text));
    assert.ok(awaited.length > 0, JSON.stringify(run.of('progress')));
    assert.equal(run.of('progress', 'b'), []);
    assert.equal(run.steps('a'), [
      'before rolled_back',
      'wall rolled_back',
      'door rolled_back',
      'after rolled_back',
    ]);
    assert.equal(run.steps('b'), ['before changed', 'wall changed', 'door changed', 'after changed']);
    assert.is(shown(fleet, 'a', '/srv/wall'), 'old');
    assert.is(shown(fleet, 'b', '/srv/wall'), 'x');
    assert.match(run.failure('wall').message, /^taken back: no new login succeeded within 3 s/);
    assert.match(run.failure('wall').hint ?? '', /plans the same again/);
    assert.equal(
      run.of('revert').map(({ step, outcome }) => `${step} ${outcome}`),
      ['after restored', 'door restored', 'wall restored', 'before restored'],
    );
    for (const host of ['a', 'b']) assert.is(left(fleet, host), '');
    // The host drew a number of its lock, and nobody is turned away by it.
    const again = await fleet.run(BOOK, CUT);
    assert.is(again.exit, 0);
    assert.equal(again.of('warning'), []);
  }));

test('a step that fails takes the ones beside it back at once; those behind it are skipped', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; echo old >/srv/wall');
    const run = await fleet.run(
      `
steps:
  - { id: wall, task: thing, with: { path: /srv/wall, cuts: true, back: 'yes' } }
  - { id: door, task: thing, with: { path: /srv/door, cuts: true, back: 'yes', also: exit 3 } }
  - { id: after, task: thing, with: { path: /srv/after } }
`,
      CUT,
    );
    assert.is(`${run.exit} ${run.result}`, '5 rolled_back');
    assert.equal(run.steps('a'), ['wall rolled_back', 'door rolled_back', 'after skipped']);
    assert.is(shown(fleet, 'a', '/srv/wall'), 'old');
    assert.is(shown(fleet, 'a', '/srv/door'), 'absent');
    assert.match(run.failure('door').message, /failed with status 3; taken back/);
    assert.match(run.failure('wall').message, /taken back: step door failed/);
    assert.equal(
      run.of('revert').map(({ step, outcome }) => `${step} ${outcome}`),
      ['door restored', 'wall restored'],
    );
    assert.is(run.host('a').rolledBack, 2);
    assert.is(fleet.server('a').logins(), 1);
    assert.is(left(fleet, 'a'), '');
  }));

test('what is not as declared after it was written is taken back', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; echo old >/srv/wall');
    const run = await fleet.run(
      `
steps:
  - { id: wall, task: thing, with: { path: /srv/wall, write: other, cuts: true, back: 'yes' } }
`,
      CUT,
    );
    assert.is(run.exit, 5);
    assert.is(shown(fleet, 'a', '/srv/wall'), 'old');
    assert.match(run.failure('wall').message, /is not as declared after it was applied.*; taken back/);
  }));

test('a way back that fails, and a change without one, are said loudly', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; echo old >/srv/wall');
    const run = await fleet.run(
      `
steps:
  - { id: wall, task: thing, with: { path: /srv/wall, cuts: true, back: fails } }
  - { id: bare, task: thing, with: { path: /srv/bare, cuts: true } }
  - { id: door, task: thing, with: { path: /srv/door, cuts: true, back: 'yes', also: exit 3 } }
`,
      CUT,
    );
    assert.is(run.exit, 5);
    assert.match(run.failure('wall').message, /HAS NOT COME BACK/);
    assert.match(run.failure('bare').message, /stays, as there is no way back/);
    assert.equal(
      run.of('revert').map(({ step, outcome, output }) => `${step} ${outcome} ${output ?? ''}`),
      ['door restored ', 'bare stays ', 'wall failed no room'],
    );
  }));

test('`confirm: off`, of a step and of a run', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const run = await fleet.run(
      `
steps:
  - { id: wall, task: thing, confirm: false, with: { path: /srv/wall, cuts: true, back: 'yes' } }
  - { id: after, task: thing, with: { path: /srv/after } }
`,
      CUT,
    );
    assert.is(run.exit, 0);
    assert.equal(run.turns, { a: 2 });
    const off = await fleet.run(BOOK, { confirm: 'off' });
    assert.equal(off.turns, { a: 2 });
    assert.is(fleet.server('a').logins(), 2);
  }));

test('asked for by hand, what has no way back is refused before anything is written; without being asked it is said', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const book = (confirm: string): string => `
steps:
  - { id: first, task: thing, with: { path: /srv/first, back: 'yes' } }
  - { id: bare, task: thing, ${confirm} with: { path: /srv/bare, cuts: true } }
`;
    const refused = await fleet.run(book('confirm: 5s,'), CUT);
    assert.is(`${refused.exit} ${refused.result}`, '1 refused');
    assert.match(refused.failure('bare').message, /no way back from it, and `confirm` asks for one/);
    assert.is(shown(fleet, 'a', '/srv/first'), 'absent');
    const said = await fleet.run(book(''), CUT);
    assert.is(said.exit, 0);
    assert.match(
      said.of('warning')[0]?.message ?? '',
      /should it have to be taken back: thing:\/srv\/bare.*no way back/,
    );
  }));

test('a restart takes the file of an earlier stretch with it', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; echo old >/srv/file');
    const run = await fleet.run(
      `
steps:
  - { id: file, task: thing, notify: [load], with: { path: /srv/file, back: 'yes' } }
  - { id: between, task: thing, with: { path: /srv/between, back: 'yes' } }
handlers:
  - { id: load, task: thing, confirm: 5s, with: { path: /srv/loaded, back: 'yes', also: exit 3 } }
`,
      CUT,
    );
    assert.is(run.exit, 5, JSON.stringify(run.events));
    assert.is(shown(fleet, 'a', '/srv/file'), 'old');
    assert.is(shown(fleet, 'a', '/srv/between'), 'x');
    assert.equal(run.steps('a'), ['file changed', 'between changed', 'file rolled_back', 'load rolled_back']);
    // Nothing is owed for what has come back.
    const next = await fleet.run(
      `
steps:
  - { id: between, task: thing, with: { path: /srv/between } }
handlers: []
`,
      CUT,
    );
    assert.is(next.exit, 0);
    assert.is(fleet.server('a').run('ls /var/lib/tightbeam/owed').trim(), '');
  }));
