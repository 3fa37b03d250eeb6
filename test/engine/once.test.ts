/** `once`: one host carries a step out for all, for those of a group, or for each value of a variable. */
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('once');
const content = (fleet: Fleet, host: string, path: string): string =>
  fleet.server(host).run(`cat ${path} 2>/dev/null || echo none`).trim();

const SPEC = {
  a: { vars: { cluster: 'one' } },
  b: { vars: { cluster: 'one' } },
  c: { vars: { cluster: 'two' } },
  d: { vars: { cluster: 'two' } },
};

const BOOK = `
steps:
  - { id: ready, task: thing, with: { path: /srv/ready } }
  - { id: token, task: thing, once: cluster, with: { path: /srv/token, random: true } }
  - { id: use, task: seen, with: { path: /srv/use, what: "\${{ steps.token.outputs.value }}" } }
`;

test('one host of each cluster makes it, all use what it made, and wait for it', () =>
  withFleet(SPEC, async (fleet) => {
    const dry = await fleet.run(BOOK, { dryRun: true });
    assert.is(dry.exit, 0, JSON.stringify(dry.of('step')));
    const run = await fleet.run(BOOK);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.steps('a'), ['ready changed', 'token changed', 'use changed']);
    assert.equal(run.steps('b'), ['ready changed', 'use changed']);
    const [one, two] = [content(fleet, 'a', '/srv/token'), content(fleet, 'c', '/srv/token')];
    assert.is.not(one, two);
    assert.equal(
      ['a', 'b', 'c', 'd'].map((host) => content(fleet, host, '/srv/use')),
      [one, one, two, two].map((value) => JSON.stringify(value)),
    );
    assert.is(content(fleet, 'b', '/srv/token'), 'none');
    assert.equal((await fleet.run(BOOK)).changes(), []);
  }));

test('what fails on the one host skips what stands behind it on those it acts for, and on no others', () =>
  withFleet(SPEC, async (fleet) => {
    const book = BOOK.replace('random: true', `random: true, also: '[ "$(pwd)" != / ] || [ ! -e /srv/bad ]'`);
    fleet.server('a').run('mkdir -p /srv && touch /srv/bad');
    const run = await fleet.run(book);
    assert.is(run.exit, 2, JSON.stringify(run.of('step')));
    assert.ok(run.steps('a').includes('token failed'));
    assert.ok(run.steps('b').includes('use skipped'));
    assert.ok(run.steps('d').includes('use changed'));
    assert.match(
      run.of('step', 'b').find(({ step }) => step === 'use')?.reason ?? '',
      /it needs token on a, which failed/,
    );
    assert.match(run.recap.next ?? '', /--limit a,b$/);
  }));

test('with --limit it stays the same host: what it made is read there, and never made a second time', () =>
  withFleet(SPEC, async (fleet) => {
    const early = await fleet.run(BOOK, { limit: ['b'] });
    assert.is(early.exit, 2);
    assert.match(
      early.failure('use').message,
      /it needs token on a, which is outside --limit and not in place/,
    );
    assert.match(early.failure('use').hint ?? '', /--limit b,a/);
    assert.is(content(fleet, 'b', '/srv/token'), 'none');
    assert.is((await fleet.run(BOOK, { limit: ['a'] })).exit, 0);
    const run = await fleet.run(BOOK, { limit: ['b'] });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(content(fleet, 'b', '/srv/use'), JSON.stringify(content(fleet, 'a', '/srv/token')));
    assert.is(content(fleet, 'b', '/srv/token'), 'none');
    const other = await fleet.run(BOOK.replace('steps.token', "hosts['c'].steps.token"), { limit: ['a'] });
    assert.match(other.failure('use').message, /it needs token on c, which is outside --limit/);
  }));

test('one of a group acts for all; true is one of all; edges to it lead to that host', () =>
  withFleet({ a: {}, b: { groups: ['store'] }, c: {} }, async (fleet) => {
    const book = `
steps:
  - { id: made, task: thing, once: store, with: { path: /srv/made, value: "\${{ host.name }}" } }
  - { id: first, task: thing, once: true, needs: [made], with: { path: /srv/first, value: "\${{ steps.made.outputs.value }}" } }
  - { id: last, task: seen, hosts: c, needs: [first@all], with: { path: /srv/last, what: "\${{ hosts['a'].steps.first.outputs.value }}" } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.steps('a'), ['first changed']);
    assert.equal(run.steps('b'), ['made changed']);
    assert.is(content(fleet, 'c', '/srv/last'), '"b"');
    assert.equal(
      run.of('step').map(({ step }) => step),
      ['made', 'first', 'last'],
    );
  }));
