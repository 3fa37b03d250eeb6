/** Cuts, dead hosts and interrupts: the rest finishes, nothing runs twice, and the exit code tells. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('faults');

const APPEND = `
steps:
  - { id: one, task: thing, with: { path: /srv/one, also: "echo one >>/srv/all" } }
  - { id: two, task: thing, with: { path: /srv/two, also: "touch /srv/begun; sleep 1; echo two >>/srv/all" } }
  - { id: three, task: thing, with: { path: /srv/three, also: "echo three >>/srv/all" } }
  - { id: run, task: act, with: { run: "echo run >>/srv/all" } }
  - { id: four, task: thing, with: { path: /srv/four, also: "echo four >>/srv/all" } }
`;

test('a connection cut in the middle of writing: it is finished, and nothing is run twice', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(APPEND, {
      cut: true,
      watch: (event) => {
        if (event.kind === 'change' && event.step === 'one')
          setTimeout(() => fleet.server('a').proxy.cut(), 300);
      },
    });
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('cat /srv/all'), 'one\ntwo\nthree\nrun\nfour\n');
    assert.ok(fleet.server('a').logins() > 1);
    assert.equal(
      run.of('change').map(({ step }) => step),
      ['one', 'two', 'three', 'run', 'four'],
    );
    assert.equal(
      (await fleet.run(APPEND)).of('change').map(({ step }) => step),
      ['run'],
    );
  }));

test('a host that cannot be reached: 4; beside one that failed: 6; the others finish', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    fleet.server('b').proxy.mode.dropNext = 1000;
    const book = `
steps:
  - { id: one, task: thing, with: { path: /srv/one } }
  - { id: two, task: thing, hosts: a, needs: [one@b], with: { path: /srv/two } }
  - { id: three, task: thing, needs: [one], with: { path: /srv/three, also: "test ! -e /srv/broken" } }
`;
    const run = await fleet.run(book, { cut: true, connectTimeoutMs: 2000 });
    assert.is(run.exit, 4);
    assert.is(run.result, 'unreachable');
    assert.is(run.of('unreachable')[0]?.host, 'b');
    assert.is(run.host('b').unreachable, true);
    assert.equal([...run.steps('a')].sort(), ['one changed', 'three changed', 'two skipped']);
    assert.match(
      run.of('step', 'a').find(({ step }) => step === 'two')?.reason ?? '',
      /one on b, which is unreachable/,
    );
    assert.equal(run.steps('c'), ['one changed', 'three changed']);
    fleet.server('c').run('touch /srv/broken; rm /srv/three');
    const both = await fleet.run(book, { cut: true, connectTimeoutMs: 2000 });
    assert.is(both.exit, 6);
    assert.is(both.recap.next, 'run book inventory/lab --limit a,b,c');
    fleet.server('b').proxy.mode.dropNext = 0;
    fleet.server('c').run('rm /srv/broken');
    const last = await fleet.run(book);
    assert.is(last.exit, 0, JSON.stringify(last.events));
  }));

test('a host that falls silent is unreachable within the limit, and holds nobody up', () =>
  withFleet(['a', 'b'], async (fleet) => {
    fleet.server('b').proxy.mode.silent = true;
    const run = await fleet.run('steps:\n  - { id: one, task: thing, with: { path: /srv/one } }\n', {
      cut: true,
      connectTimeoutMs: 1000,
      silenceTimeoutMs: 1000,
    });
    assert.is(run.exit, 4);
    assert.equal(run.steps('a'), ['one changed']);
    assert.ok(run.host('b').seconds < 12, String(run.host('b').seconds));
  }));

test('interrupted once: what runs is finished, nothing new starts, 130', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(
      `
steps:
  - { id: one, task: thing, hosts: a, with: { path: /srv/one, also: "sleep 1", opaque: true } }
  - { id: two, task: thing, hosts: a, with: { path: /srv/two } }
  - { id: other, task: thing, hosts: b, needs: [two@a], with: { path: /srv/other } }
`,
      {
        watch: (event, control) => {
          if (event.kind === 'connected' && event.host === 'a')
            setTimeout(() => control().stop('SIGINT'), 500);
        },
      },
    );
    assert.is(run.exit, 130);
    assert.is(run.result, 'interrupted');
    assert.equal(run.steps(), ['one changed', 'two interrupted', 'other interrupted']);
    assert.is(fleet.server('a').run('ls /srv | tr "\\n" " "'), 'one one.log ');
    assert.is(run.of('change').length, 1);
  }));

test('interrupted twice: what runs on hosts is ended', () =>
  withFleet(['a'], async (fleet) => {
    const begun = Date.now();
    const run = await fleet.run(
      'steps:\n  - { id: one, task: thing, with: { path: /srv/one, also: "sleep 31; echo survived >/srv/late" } }\n',
      {
        cut: true,
        watch: (event, control) => {
          if (event.kind !== 'connected') return;
          setTimeout(() => control().stop('SIGTERM'), 500);
          setTimeout(() => control().stop('SIGTERM'), 600);
        },
      },
    );
    assert.is(run.exit, 143);
    assert.is(run.result, 'terminated');
    assert.equal(run.steps(), ['one interrupted']);
    assert.ok(Date.now() - begun < 8000);
    assert.is(fleet.server('a').run('ls /srv; pgrep -fx "sleep 31" || echo none'), 'one.log\nnone\n');
  }));
