/** What somebody else writes between our read and our write is not lost: planned again once, then told as drift. */
import { type Fleet, type Options, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('drift');

const BOOK = `
steps:
  - { id: other, task: thing, with: { path: /srv/other } }
  - { id: mine, task: line, with: { path: /srv/file, line: mine } }
`;

/** Somebody who appends to the file just before we write: so many times. */
function meddler(fleet: Fleet, times: number): NonNullable<Options['open']> {
  let left = times;
  return (open) => async (target, signal) => {
    const session = await open(target, signal);
    const apply = session.apply.bind(session);
    session.apply = (job, watch, abort) => {
      if (left > 0) fleet.server('a').run('echo theirs >>/srv/file');
      left -= 1;
      return apply(job, watch, abort);
    };
    return session;
  };
}

test('an edit in between is planned upon, and kept', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv && echo first >/srv/file');
    const run = await fleet.run(BOOK, { open: meddler(fleet, 1) });
    assert.is(run.exit, 0);
    assert.equal(run.steps(), ['other changed', 'mine changed']);
    assert.is(fleet.server('a').run('cat /srv/file /srv/other.log'), 'first\ntheirs\nmine\nran\n');
    assert.equal(run.turns, { a: 3 });
    // The first try is of no use to anybody any more.
    assert.is(fleet.server('a').run('sleep 0.5; ls /var/lib/tightbeam/runs'), '');
  }));

test('an edit that comes again is drift, and nothing of theirs is lost', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv && echo first >/srv/file');
    const run = await fleet.run(BOOK, { open: meddler(fleet, 9) });
    assert.is(run.exit, 2);
    assert.match(run.failure('mine').message, /file:\/srv\/file was changed by something else/);
    assert.equal(run.steps(), ['other changed', 'mine failed']);
    assert.is(fleet.server('a').run('cat /srv/file'), 'first\ntheirs\ntheirs\n');
  }));

test('an account that may not look at the file fails its step at once: that is no drift', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv && echo first >/srv/file && chmod 600 /srv/file');
    const run = await fleet.run(
      `
steps:
  - { id: other, task: thing, with: { path: /srv/other } }
  - { id: mine, task: line, become: { user: nobody }, with: { path: /srv/file, line: mine } }
`,
    );
    assert.is(run.exit, 2);
    const { message, output } = run.failure('mine');
    assert.match(message, /failed with status 1$/);
    assert.match(output ?? '', /\/srv\/file may not be read by this account/);
    assert.equal(run.steps(), ['other changed', 'mine failed']);
    assert.equal(run.turns, { a: 2 });
    assert.is(fleet.server('a').run('cat /srv/file; ls /srv'), 'first\nfile\nother\nother.log\n');
  }));
