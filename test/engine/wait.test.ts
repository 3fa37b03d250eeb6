/** `wait_for`: the host itself waits, in reads; a dry run looks once. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('waits');

const LATER = `
steps:
  - { id: begin, task: act, with: { run: "( sleep 2; echo ready >/srv/there ) >/dev/null 2>&1 &", effects: [] } }
  - { id: there, task: wait_for, with: { file: /srv/there, contains: "^rea", timeout: 20, interval: 0.2 } }
  - { id: after, task: thing, with: { path: /srv/after } }
`;

test('what comes of an earlier step is waited for, and then the run goes on', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const dry = await fleet.run(LATER, { dryRun: true });
    assert.is(dry.exit, 0);
    assert.match(dry.of('later')[0]?.reason ?? '', /step begin, after which it looks/);
    const began = performance.now();
    const run = await fleet.run(LATER);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.equal(run.steps(), ['begin changed', 'there ok', 'after changed']);
    assert.match(run.of('check')[0]?.text ?? '', /^\/srv\/there: a line matches$/);
    const seconds = (performance.now() - began) / 1000;
    assert.ok(seconds > 1.5 && seconds < 6, `${seconds} s`);
    // read; the act, with a look; the wait; what comes after it.
    assert.equal(run.turns, { a: 4 });
  }));

test('a dry run looks once, and what has waited in vain says what was seen last', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: port, task: wait_for, with: { host: 127.0.0.1, port: 9, timeout: 1 } }
  - { id: after, task: thing, with: { path: /after } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.is(dry.exit, 0);
    assert.match(
      dry.of('later')[0]?.reason ?? '',
      /^waiting for it, up to 1 s \(now: TCP 9 of 127.0.0.1 takes no connections: refused/,
    );
    assert.equal(dry.turns, { a: 1 });
    const run = await fleet.run(book);
    assert.is(run.exit, 2);
    assert.equal(run.steps(), ['port failed', 'after skipped']);
    assert.match(
      run.failure('port').message,
      /^TCP 9 of 127.0.0.1 takes no connections: refused: nothing listens there; it was waited for 1 s$/,
    );
    assert.equal(run.turns, { a: 2 });
  }));

test('commands, by their status; until something is gone; what needs none of it goes on meanwhile', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv; : >/srv/lock');
    const run = await fleet.run(`
steps:
  - { id: gone, task: wait_for, with: { file: /srv/lock, state: absent, timeout: 20, interval: 0.2 } }
  - { id: free, task: act, needs: [], with: { run: "rm /srv/lock", effects: [] } }
  - { id: three, task: wait_for, with: { shell: "echo so; exit 3", status: 3, timeout: 2 } }
  - { id: not, task: wait_for, needs: [], with: { argv: [sh, -c, "echo never; false"], timeout: 1 } }
`);
    assert.is(run.exit, 2);
    assert.equal([...run.steps()].sort(), ['free changed', 'gone ok', 'not failed', 'three ok']);
    assert.match(
      run.failure('not').message,
      /does not end with status 0: status 1: never; it was waited for 1 s$/,
    );
  }));

test('a step that is tried again waits anew', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: wait, task: wait_for, retries: 1, delay: 100ms, with: { file: /never, timeout: 1, interval: 0.2 } }
`);
    assert.is(run.exit, 2);
    assert.match(run.failure('wait').message, /waited for 1 s\ntried 2 times/);
    assert.is(run.of('retry').length, 1);
  }));

test('the first interrupt ends a wait at once', () =>
  withFleet(['a'], async (fleet) => {
    let at = 0;
    const run = await fleet.run(
      `
steps:
  - { id: wait, task: wait_for, with: { file: /never, timeout: 60 } }
`,
      {
        watch: (event, control) => {
          if (event.kind !== 'connected') return;
          setTimeout(() => {
            at = performance.now();
            control().stop('SIGINT');
          }, 1000);
        },
      },
    );
    assert.is(run.exit, 130);
    assert.ok(performance.now() - at < 3000, `${performance.now() - at} ms`);
    assert.is(fleet.server('a').run('ls /tmp').trim(), '');
  }));
