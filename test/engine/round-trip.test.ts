/** One round trip when nothing changes, two when something does, one more for each boundary: as the servers count. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('round trips');

const BOOK = `
steps:
  - { id: folder, task: directory, with: { path: /srv/t, mode: "0750" } }
  - { id: one, task: file, with: { path: /srv/t/one, content: "one\\n" } }
  - { id: two, task: thing, with: { path: /srv/t/two, value: two } }
`;

test('a bare host takes two, the same again one, a drift two', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const first = await fleet.run(BOOK);
    assert.is(first.exit, 0);
    assert.equal(first.steps('a'), ['folder changed', 'one changed', 'two changed']);
    assert.equal(first.turns, { a: 2, b: 2 });
    const second = await fleet.run(BOOK);
    assert.equal(second.steps('b'), ['folder ok', 'one ok', 'two ok']);
    assert.equal(second.changes(), []);
    assert.equal(second.turns, { a: 1, b: 1 });
    fleet.server('a').run('echo drift >>/srv/t/one');
    const third = await fleet.run(BOOK);
    assert.equal(third.steps('a'), ['folder ok', 'one changed', 'two ok']);
    assert.equal(third.turns, { a: 2, b: 1 });
  }));

test('fifty new files take two, a large one among them too', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const large = 'a line of a long file\\n'.repeat(60_000);
    const files = Array.from({ length: 50 }, (_, index) => {
      const content = index === 25 ? large : `setting = ${index}\\n`;
      return `  - { id: f${index}, task: file, with: { path: /srv/f${index}, content: "${content}" } }\n`;
    });
    const run = await fleet.run(`\nsteps:\n${files.join('')}`);
    assert.is(run.exit, 0);
    assert.is(run.changes().length, 100);
    assert.equal(run.turns, { a: 2, b: 2 });
    assert.is(fleet.server('a').run('wc -c </srv/f25').trim(), String(60_000 * 22));
  }));

test('each step with unknown effects costs one more, when something after it is planned', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: tool, task: thing, with: { path: /srv/tool, also: "echo made >/srv/made", opaque: true } }
  - { id: next, task: thing, with: { path: /srv/next } }
  - { id: more, task: thing, with: { path: /srv/more, opaque: true } }
  - { id: last, task: thing, with: { path: /srv/last } }
`;
    const first = await fleet.run(book);
    assert.is(first.exit, 0);
    assert.equal(first.turns, { a: 4 });
    assert.equal((await fleet.run(book)).turns, { a: 1 });
  }));

test('declared effects cost nothing', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: one, task: act, with: { run: "true", effects: [] } }
  - { id: two, task: thing, with: { path: /srv/two } }
`);
    assert.is(run.exit, 0);
    assert.equal(run.turns, { a: 2 });
  }));

test('a host that waits for another output takes at most two when nothing changes', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const book = `
steps:
  - { id: key, task: thing, with: { path: /srv/key, random: true } }
  - id: peer
    task: seen
    needs: [key@all]
    with: { path: /srv/peer, what: '\${{ hosts["a"].steps.key.outputs.value }}' }
`;
    const first = await fleet.run(book);
    assert.is(first.exit, 0);
    const again = await fleet.run(book);
    assert.equal(again.steps(), ['key ok', 'key ok', 'peer ok', 'peer ok']);
    for (const turns of Object.values(again.turns)) assert.ok(turns <= 2, String(turns));
  }));
