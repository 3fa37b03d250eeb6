/** `retries`, `delay`, `until`: what fails is tried again, and only that. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('tries');

/** Fails so often, by a counter in a file. */
const failing = (times: number): string => `echo x >>/srv/n; test $(wc -l </srv/n) -gt ${times}`;

test('a change that fails is tried again, one frame a try; what does not need it goes on', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b']) fleet.server(host).run('mkdir -p /srv');
    fleet.server('b').run('printf "x\\nx\\nx\\n" >/srv/n');
    const run = await fleet.run(
      `
steps:
  - { id: one, task: thing, retries: 4, delay: 300ms, with: { path: /srv/one, also: "${failing(2)}" } }
  - { id: after, task: thing, with: { path: /srv/after } }
  - { id: free, task: thing, needs: [], with: { path: /srv/free } }
`,
      { forks: 1 },
    );
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.equal(
      run.of('retry', 'a').map((event) => [event.try, event.of, event.delay]),
      [
        [2, 5, 0.3],
        [3, 5, 0.3],
      ],
    );
    assert.match(run.of('retry', 'a')[0]?.failure.message ?? '', /failed with status 1/);
    assert.equal(run.steps('a'), ['free changed', 'one changed', 'after changed']);
    assert.is(fleet.server('a').run('wc -l </srv/n').trim(), '3');
    // read; try 1; what is free; try 2; try 3 with what comes after it.
    assert.equal(run.turns, { a: 5, b: 2 });
    // The other host was done while this one slept, with one place in the queue.
    const ends = run.of('step').map(({ host, step }) => `${host} ${step}`);
    assert.ok(ends.indexOf('b after') < ends.indexOf('a one'), ends.join());
  }));

test('a check and a query are read again alone; in the end the failure says how often', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: look, task: probe, retries: 2, delay: 100ms, with: { wants: { /srv/x: x } } }
  - { id: after, task: thing, with: { path: /srv/after } }
`;
    const failed = await fleet.run(book);
    assert.is(failed.exit, 2);
    assert.match(failed.failure('look').message, /not there, not x\ntried 3 times, 0.1 s apart$/);
    assert.equal(failed.steps(), ['look failed', 'after skipped']);
    assert.equal(failed.turns, { a: 3 });
    const dry = await fleet.run(book, { dryRun: true });
    assert.is(dry.exit, 0);
    assert.match(
      dry.of('later')[0]?.reason ?? '',
      /^up to 2 more tries, 0.1 s apart \(now: \/srv\/x is not there/,
    );
    assert.equal(dry.of('retry'), []);
    const run = await fleet.run(book.replace('retries: 2', 'retries: 20'), {
      watch: (event) => {
        if (event.kind === 'retry' && event.try === 3) fleet.server('a').run('mkdir -p /srv; echo x >/srv/x');
      },
    });
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.equal(run.steps(), ['look ok', 'after changed']);
  }));

test('until: an act is carried out again until it holds, and who needs the step waits for that', () =>
  withFleet(['a', 'b'], async (fleet) => {
    for (const host of ['a', 'b']) fleet.server(host).run('mkdir -p /srv');
    const book = `
steps:
  - id: count
    task: act
    hosts: a
    delay: 50ms
    retries: 5
    until: outputs.stdout == "3"
    with: { run: "echo x >>/srv/n; wc -l </srv/n", effects: [] }
  - { id: here, task: thing, hosts: a, with: { path: /srv/here, value: "\${{ steps.count.outputs.stdout }}" } }
  - { id: there, task: thing, hosts: b, with: { path: /srv/there, value: "\${{ hosts.a.steps.count.outputs.stdout }}" } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.match(dry.of('later', 'a')[0]?.reason ?? '', /`until`/);
    assert.is(dry.of('change', 'a')[0]?.retries, 5);
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.equal(run.of('retry').length, 2);
    assert.is(fleet.server('a').run('cat /srv/here'), '3\n');
    assert.is(fleet.server('b').run('cat /srv/there'), '3\n');
    assert.equal(run.steps('a'), ['count changed', 'here changed']);
  }));

test('until over a query, and one that never holds', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const run = await fleet.run(`
steps:
  - { id: query, task: command, retries: 3, delay: 50ms, until: outputs.stdout.size() >= 2, with: { shell: "printf x >>/srv/q; cat /srv/q", changed: never } }
  - { id: never, task: thing, needs: [], retries: 1, delay: 50ms, until: "outputs.value == 'z'", with: { path: /srv/never, value: y } }
  - { id: after, task: thing, with: { path: /srv/after } }
`);
    assert.is(run.exit, 2);
    assert.equal([...run.steps()].sort(), ['after skipped', 'never failed', 'query ok']);
    assert.match(run.failure('never').message, /^`until` of never does not hold\ntried 2 times/);
    // What it changed is changed, once.
    assert.is(fleet.server('a').run('cat /srv/never.log'), 'ran\n');
  }));

test('only the act that failed is carried out again', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const run = await fleet.run(`
steps:
  - { id: each, task: act, foreach: { good: "true", bad: "${failing(1)}" }, retries: 2, delay: 50ms, with: { run: "echo \${{ key }} >>/srv/ran; \${{ item }}", effects: [] } }
`);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.is(fleet.server('a').run('cat /srv/ran'), 'good\nbad\nbad\n');
  }));

test('an interrupt ends the sleep at once', () =>
  withFleet(['a'], async (fleet) => {
    const started = performance.now();
    const run = await fleet.run(
      'steps:\n  - { id: look, task: probe, retries: 2, delay: 5m, with: { wants: { /srv/x: x } } }\n',
      {
        watch: (event, control) => {
          if (event.kind === 'retry') setTimeout(() => control().stop('SIGINT'), 100);
        },
      },
    );
    assert.is(run.exit, 130);
    assert.equal(run.steps(), ['look interrupted']);
    assert.ok(performance.now() - started < 20_000);
  }));

test('a step that had ended is not tried again, it has failed: what a later one does to it is told', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: one, task: thing, retries: 1, delay: 50ms, with: { path: /srv/one } }
  - { id: two, task: thing, lock: x, with: { path: /srv/two, also: "echo other >/srv/one" } }
`);
    assert.is(run.exit, 2, JSON.stringify(run.of('step')));
    assert.match(run.failure('one').message, /is not as declared after it was applied/);
  }));

test('a restart that is owed at the end and fails is tried again after its delay', () =>
  withFleet(['a'], async (fleet) => {
    fleet.server('a').run('mkdir -p /srv');
    const book = `
steps:
  - { id: unit, task: daemon, retries: 2, delay: 300ms, with: { path: /srv/unit, restart_on: ["thing:/srv/conf"], fail_if: "echo try >>/srv/tries; [ $(wc -l </srv/tries) -lt 3 ]" } }
  - { id: conf, task: thing, lock: x, with: { path: /srv/conf, value: "\${{ vars.value }}" } }
`;
    fleet.server('a').run('printf "1\\n2\\n" >/srv/tries');
    assert.is((await fleet.run(book, { extraVars: ['value=one'] })).exit, 0);
    fleet.server('a').run('rm /srv/tries');
    const before = performance.now();
    const run = await fleet.run(book, { extraVars: ['value=two'] });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.steps('a'), ['unit ok', 'conf changed', 'unit changed']);
    assert.is(run.of('retry').length, 2);
    assert.ok(performance.now() - before > 600, 'the delay was not kept');
  }));
