/** Steps that look at other steps: parameters here and on peers, outputs of a group, checks asked again in the run. */
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('steps that look at other steps');

const BOOK = `
steps:
  - { id: key, task: thing, with: { path: /srv/key, random: true } }
  - { id: net, task: mesh, with: { path: /srv/net, address: "\${{ host.vars.address }}", peers: fabric } }
`;
const SPEC = {
  a: { groups: ['fabric'], vars: { address: '10.0.0.1' } },
  b: { groups: ['fabric'], vars: { address: '10.0.0.2' } },
  c: { vars: { address: '10.0.0.3' } },
};

test("peers' parameters and outputs: known after apply, then written, then right in one or two round trips", () =>
  withFleet(SPEC, async (fleet) => {
    const dry = await fleet.run(BOOK, { dryRun: true });
    assert.is(dry.exit, 0, JSON.stringify(dry.of('step')));
    assert.equal(
      dry.of('later', 'a').map(({ step, reason }) => `${step}: ${reason}`),
      ['net: the value of /srv/key'],
    );
    const run = await fleet.run(BOOK);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    const key = (host: string): string => fleet.server(host).run('cat /srv/key').trim();
    assert.is(fleet.server('a').run('cat /srv/net'), `[["10.0.0.2","${key('b')}"]]\n`);
    assert.is(
      fleet.server('c').run('cat /srv/net'),
      `[["10.0.0.1","${key('a')}"],["10.0.0.2","${key('b')}"]]\n`,
    );
    const again = await fleet.run(BOOK);
    assert.equal(again.changes(), []);
    // What it wants was read before the keys of the others were known: nothing has to be asked for twice.
    assert.equal(again.turns, { a: 1, b: 1, c: 1 });
  }));

test('a host outside the limit gives its key, and is not written', () =>
  withFleet(SPEC, async (fleet) => {
    const made = await fleet.run(BOOK, { limit: ['b', 'c'] });
    assert.is(made.host('a').readOnly, true);
    assert.match(made.failure('net', 'b').message, /it needs key on a, which is outside --limit/);
    await fleet.run(BOOK);
    fleet.server('a').run('rm /srv/net');
    const before = fleet.server('b').written();
    const run = await fleet.run(BOOK, { limit: ['a'] });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.changes().length, 1);
    assert.equal(fleet.server('b').written(), before);
    assert.is(run.host('b').readOnly, true);
    assert.is(run.recap.hosts.c, undefined);
  }));

test('tags: the step whose outputs are read is left out, and read all the same', () =>
  withFleet(SPEC, async (fleet) => {
    const book = BOOK.replace('task: mesh,', 'task: mesh, tags: [net],');
    await fleet.run(book);
    for (const host of ['a', 'b', 'c']) fleet.server(host).run('rm /srv/net');
    const run = await fleet.run(book, { tags: ['net'] });
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.steps('a'), ['net changed']);
    assert.match(fleet.server('a').run('cat /srv/net'), /10\.0\.0\.2","\d+-/);
  }));

test('what is known only by facts is checked in the run, and fails at its place', () =>
  withFleet(SPEC, async (fleet) => {
    const book = BOOK.replace(
      'host.vars.address',
      "host.vars.address == '10.0.0.3' ? '10.0.0.9' : facts.init",
    );
    const run = await fleet.run(book);
    assert.is(run.exit, 2);
    const failure = run.failure('net', 'a');
    assert.match(failure.message, /^\S+ is the address of b, too$/);
    assert.is(failure.hint, 'take another');
    assert.match(failure.place ?? '', /book\.yaml:6:\d\d$/);
    assert.is(fleet.server('a').run('ls /srv').includes('net'), false);
    assert.equal(run.steps('c').at(-1), 'net changed');
  }));

test('parameters of another step: with defaults, in its own scope, none where its condition is false', () =>
  withFleet({ a: { vars: { own: 'of a' } }, b: { vars: { own: 'of b' } } }, async (fleet) => {
    const book = `
steps:
  - id: one
    task: thing
    vars: { word: "\${{ host.name }} \${{ vars.own }}" }
    when: facts.kernel != "" && host.name == "a"
    with: { path: /srv/one, value: "\${{ vars.word }}" }
  - { id: note, task: copied, with: { path: /srv/note } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    const note = JSON.parse(fleet.server('a').run('cat /srv/note')) as Record<string, unknown>;
    assert.is(note.value, 'a of a');
    assert.is(note.write, 'honest');
    assert.is(fleet.server('b').run('cat /srv/note'), '"nothing"\n');
    assert.equal((await fleet.run(book)).turns, { a: 1, b: 1 });
  }));

test('parameters that rest on outputs are followed when these are known', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: key, task: thing, with: { path: /srv/key, random: true } }
  - { id: one, task: thing, with: { path: /srv/one, value: "\${{ steps.key.outputs.value }}" } }
  - { id: note, task: copied, with: { path: /srv/note, of: one } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.ok(
      dry.of('later').some(({ step }) => step === 'note'),
      JSON.stringify(dry.of('later')),
    );
    assert.is((await fleet.run(book)).exit, 0);
    const note = JSON.parse(fleet.server('a').run('cat /srv/note')) as Record<string, unknown>;
    assert.is(note.value, fleet.server('a').run('cat /srv/key').trim());
  }));
