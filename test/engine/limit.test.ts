/** --limit reads what it needs of others and never writes there; --tags reads what is left out. */
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('limit and tags');

const BOOK = `
steps:
  - { id: key, task: thing, tags: [key], with: { path: /srv/key, random: true } }
  - id: peer
    task: seen
    tags: [peer]
    hosts: a
    needs: [key@all]
    with: { path: /srv/peer, what: '\${{ hosts["b"].steps.key.outputs.value }}' }
`;
const peer = (fleet: Fleet): string => fleet.server('a').run('cat /srv/peer');
const key = (fleet: Fleet): string => fleet.server('b').run('cat /srv/key').trim();

test('a host outside the limit is read, never written, and said to be so', () =>
  withFleet(['a', 'b', 'c'], async (fleet) => {
    assert.is((await fleet.run(BOOK, { limit: ['b', 'c'] })).exit, 0);
    const before = fleet.server('b').written();
    const run = await fleet.run(BOOK, { limit: ['a'] });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(peer(fleet), `"${key(fleet)}"\n`);
    assert.equal(fleet.server('b').written(), before);
    assert.is(run.host('b').readOnly, true);
    assert.is(run.host('b').roundTrips, 1);
    assert.is(run.host('a').readOnly, false);
    assert.equal(run.of('start')[0]?.hosts, ['a']);
    assert.equal(run.steps('b'), []);
  }));

test('what is not there yet fails the step, with the command that makes it', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(BOOK, { limit: ['a'] });
    assert.is(run.exit, 2);
    const failure = run.failure('peer');
    assert.match(failure.message, /it needs key on b, which is outside --limit and not in place/);
    assert.is(failure.hint, 'run: run book inventory/lab --limit a,b');
    assert.equal(
      fleet
        .server('b')
        .written()
        .filter((line) => line.includes('srv')),
      [],
    );
    assert.is(run.host('a').failed, 1);
    // The step without that need has run.
    assert.equal([...run.steps('a')].sort(), ['key changed', 'peer failed']);
  }));

test('a step left out by tags counts as met, and its outputs are read, not made', () =>
  withFleet(['a', 'b'], async (fleet) => {
    assert.is((await fleet.run(BOOK, { tags: ['key'] })).exit, 0);
    const made = key(fleet);
    fleet.server('a').run('rm /srv/key');
    for (const rest of [{ tags: ['peer'] }, { skipTags: ['key'] }]) {
      fleet.server('a').run('rm -f /srv/peer');
      const run = await fleet.run(BOOK, rest);
      assert.is(run.exit, 0, JSON.stringify(run.of('step')));
      assert.equal(run.steps(), ['peer changed']);
      assert.is(peer(fleet), `"${made}"\n`);
    }
    assert.is(fleet.server('a').run('ls /srv').includes('key\n'), false);
  }));

test('an output of a step left out that is not there fails the step that uses it', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(BOOK, { tags: ['peer'] });
    assert.is(run.exit, 2);
    assert.match(run.failure('peer').message, /gave no value/);
    assert.equal(
      fleet
        .server('b')
        .written()
        .filter((line) => line.includes('srv')),
      [],
    );
  }));

test('an output of a step left out on a host where nothing uses it is waited for', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const book = BOOK.replace('id: key, task: thing,', 'id: key, task: thing, hosts: b,').replace(
      'key@all',
      'key@b',
    );
    await fleet.run(book, { tags: ['key'] });
    const run = await fleet.run(book, { tags: ['peer'], forks: 1 });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(peer(fleet), `"${key(fleet)}"\n`);
  }));

test('tags and limit together', () =>
  withFleet(['a', 'b'], async (fleet) => {
    await fleet.run(BOOK, { tags: ['key'] });
    const run = await fleet.run(BOOK, { tags: ['peer'], limit: ['a'] });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(peer(fleet), `"${key(fleet)}"\n`);
  }));

test('facts of a host outside the limit, and outputs that rest on outputs there', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const book = `
steps:
  - { id: key, task: thing, with: { path: /srv/key, random: true } }
  - { id: copy, task: thing, with: { path: /srv/copy, seed: true, value: '\${{ steps.key.outputs.value }}' } }
  - id: peer
    task: seen
    hosts: a
    needs: [copy@b]
    with: { path: /srv/peer, what: '\${{ hosts["b"].steps.copy.outputs.value + hosts["b"].facts.arch }}' }
`;
    const made = await fleet.run(book, { limit: ['b'] });
    assert.is(made.exit, 0, JSON.stringify(made.of('step')));
    const run = await fleet.run(book, { limit: ['a'] });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.match(peer(fleet), new RegExp(`^"${key(fleet)}.+"\\n$`));
  }));

test('--from leaves out the steps before, reads what they gave, and refuses a step that is not there', () =>
  withFleet(['a', 'b'], async (fleet) => {
    assert.is((await fleet.run(BOOK, { tags: ['key'] })).exit, 0);
    const run = await fleet.run(BOOK, { from: 'peer' });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.steps(), ['peer changed']);
    assert.is(peer(fleet), `"${key(fleet)}"\n`);
    const refused: unknown = await fleet.run(BOOK, { from: 'per' }).catch(String);
    assert.match(String(refused), /no step "per"/);
  }));
