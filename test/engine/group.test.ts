/** Groups of steps: what they say counts for all within, and they can be waited for as a whole. */
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('groups of steps');
const content = (fleet: Fleet, host: string, path: string): string =>
  fleet.server(host).run(`cat ${path} 2>/dev/null || echo none`).trim();

test('conditions are joined, tags add up, hosts intersect, variables are seen, ids stay', () =>
  withFleet({ a: { groups: ['web'] }, b: { groups: ['web'] }, c: {} }, async (fleet) => {
    const book = `
vars: { word: outer }
steps:
  - group: pages
    hosts: web
    when: facts.cpus > 0
    tags: [pages]
    vars: { word: "\${{ host.name }}", twice: "\${{ vars.word + vars.word }}" }
    steps:
      - { id: one, task: thing, tags: [one], with: { path: /srv/one, value: "\${{ vars.word }} \${{ vars.twice }}" } }
      - group: Not everywhere
        when: host.name != "b"
        vars: { deep: "\${{ vars.word }}!" }
        steps:
          - { id: two, task: thing, vars: { end: "\${{ vars.deep }}?" }, when: vars.word != "", with: { path: /srv/two, value: "\${{ vars.end }}" } }
  - { id: last, task: thing, with: { path: /srv/last, value: "\${{ vars.word }}" } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.steps('a'), ['one changed', 'two changed', 'last changed']);
    assert.equal([...run.steps('b')].sort(), ['last changed', 'one changed', 'two skipped']);
    assert.equal(run.steps('c'), ['last changed']);
    assert.is(content(fleet, 'a', '/srv/one'), 'a outerouter');
    assert.is(content(fleet, 'a', '/srv/two'), 'a!?');
    assert.is(content(fleet, 'b', '/srv/two'), 'none');
    assert.is(content(fleet, 'c', '/srv/last'), 'outer');
    assert.equal((await fleet.run(book)).changes(), []);
    fleet.server('a').run('rm /srv/one /srv/two /srv/last');
    assert.equal((await fleet.run(book, { tags: ['pages'] })).steps('a'), ['one changed', 'two changed']);
    fleet.server('a').run('rm /srv/one /srv/two');
    assert.equal((await fleet.run(book, { tags: ['one'] })).steps('a'), ['one changed']);
  }));

test('needs of a group hold up its first steps; needs on a group wait for all of its steps, on all hosts', () =>
  withFleet({ a: { groups: ['g'] }, b: {} }, async (fleet) => {
    const book = (broken: string): string => `
steps:
  - { id: key, task: thing, hosts: b, with: { path: /srv/key${broken} } }
  - group: net
    hosts: a
    needs: [key@b]
    steps:
      - { id: one, task: thing, with: { path: /srv/one } }
      - { id: two, task: thing, with: { path: /srv/two } }
  - { id: free, task: thing, hosts: a, needs: [], with: { path: /srv/free } }
  - { id: after, task: thing, hosts: b, needs: [net@a], with: { path: /srv/after } }
`;
    const run = await fleet.run(book(', also: "exit 3"'));
    assert.is(run.exit, 2);
    assert.equal([...run.steps('a')].sort(), ['free changed', 'one skipped', 'two skipped']);
    assert.equal([...run.steps('b')].sort(), ['after skipped', 'key failed']);
    const good = await fleet.run(book(''));
    assert.equal([...good.steps('a')].sort(), ['free ok', 'one changed', 'two changed']);
    assert.equal(good.steps('b'), ['key changed', 'after changed']);
    const order = good.of('step').map(({ step }) => step);
    assert.ok(order.indexOf('after') > order.indexOf('two'), order.join(' '));
  }));
