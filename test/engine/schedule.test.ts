/** Who waits for whom: edges between hosts, forks, slow hosts, failures that stop no one else. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('scheduling');

const BOTH_WAYS = `
steps:
  - { id: first, task: thing, with: { path: /srv/first } }
  - { id: one, task: thing, hosts: a, needs: [first@b], with: { path: /srv/one } }
  - { id: two, task: thing, hosts: b, needs: [one@a], with: { path: /srv/two } }
  - { id: three, task: thing, hosts: a, needs: [two@b], with: { path: /srv/three } }
  - { id: four, task: thing, needs: [three@all], with: { path: /srv/four } }
`;

test('one fork and edges both ways: it ends, in the order of the edges', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(BOTH_WAYS, { forks: 1 });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    const order = run.of('change').map(({ step, host }) => `${step}@${host}`);
    const at = (name: string): number => order.indexOf(name);
    assert.ok(
      at('first@b') < at('one@a') && at('one@a') < at('two@b') && at('two@b') < at('three@a'),
      order.join(' '),
    );
    assert.ok(at('three@a') < at('four@b'), order.join(' '));
    assert.equal((await fleet.run(BOTH_WAYS, { forks: 1 })).changes(), []);
  }));

test('two forks: two hosts overlap; one fork: they do not', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const book = (name: string): string => `
steps:
  - { id: slow, task: thing, with: { path: /srv/${name}, also: "date +%s%3N >/srv/${name}.from; sleep 0.5; date +%s%3N >/srv/${name}.to" } }
`;
    const overlap = (name: string): boolean => {
      const [from, to] = ['from', 'to'].map((end) =>
        ['a', 'b'].map((host) => Number(fleet.server(host).run(`cat /srv/${name}.${end}`))),
      ) as [number[], number[]];
      return Math.max(...from) < Math.min(...to);
    };
    await fleet.run(book('two'), { forks: 2 });
    assert.ok(overlap('two'));
    await fleet.run(book('one'), { forks: 1 });
    assert.not.ok(overlap('one'));
  }));

test('eight hosts, one of them slow: the other seven end before it', () =>
  withFleet(['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7', 'h8'], async (fleet) => {
    const ended: string[] = [];
    const run = await fleet.run(
      `
vars: { wait: '\${{ host.name == "h1" ? "4" : "0" }}' }
steps:
  - { id: work, task: thing, with: { path: /srv/work, also: "sleep \${{ vars.wait }}" } }
  - { id: more, task: thing, with: { path: /srv/more } }
`,
      {
        watch: (event) => {
          if (event.kind === 'step' && event.step === 'more') ended.push(event.host);
        },
      },
    );
    assert.is(run.exit, 0);
    assert.is(ended.at(-1), 'h1');
    const seconds = Object.entries(run.recap.hosts).map(([name, host]) => [name, host.seconds] as const);
    for (const [name, time] of seconds) assert.ok(name === 'h1' ? time >= 4 : time < 4, `${name} ${time}`);
  }));

const FAILS = `
steps:
  - { id: base, task: thing, with: { path: /srv/base, also: 'test "\${{ host.name }}" != b' } }
  - { id: same, task: thing, needs: [base], with: { path: /srv/same } }
  - { id: deep, task: thing, needs: [same], with: { path: /srv/deep } }
  - { id: free, task: thing, needs: [], with: { path: /srv/free } }
  - { id: all, task: thing, needs: [base@all], with: { path: /srv/all } }
  - { id: west, task: thing, needs: [base@west], with: { path: /srv/west } }
  - { id: third, task: thing, needs: [base@c], with: { path: /srv/third } }
`;

test('a failed step skips what needs it, on its host and on others, and nothing else', () =>
  withFleet({ a: { groups: ['west'] }, b: {}, c: { groups: ['west'] } }, async (fleet) => {
    const run = await fleet.run(FAILS);
    assert.is(run.exit, 2);
    const status = (host: string): Record<string, string> =>
      Object.fromEntries(run.of('step', host).map(({ step, status }) => [step, status]));
    const good = {
      base: 'changed',
      same: 'changed',
      deep: 'changed',
      free: 'changed',
      all: 'skipped',
      west: 'changed',
      third: 'changed',
    };
    assert.equal(status('a'), good);
    assert.equal(status('c'), good);
    assert.equal(status('b'), { ...good, base: 'failed', same: 'skipped', deep: 'skipped' });
    const reason = run.of('step', 'a').find(({ step }) => step === 'all')?.reason;
    assert.is(reason, 'it needs base on b, which failed');
    assert.is(run.of('step').filter(({ failure }) => failure).length, 1);
    assert.is(run.recap.next, 'run book inventory/lab --limit a,b,c');
  }));

test('a host may need a handler of another', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: conf, task: thing, hosts: a, notify: [report], with: { path: /srv/conf } }
  - { id: after, task: thing, hosts: b, needs: [report@a], with: { path: /srv/after } }
handlers:
  - { id: report, task: act, with: { run: "sleep 0.3; touch /srv/report", effects: [] } }
`);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    const order = run.of('change').map(({ step }) => step);
    assert.equal(order, ['conf', 'report', 'after']);
  }));
