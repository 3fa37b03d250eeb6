/** Plans that contradict themselves, or cannot be carried out, are refused before anything is written. */
import { RunError } from '../../lib/base/error.ts';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('refusals before writing');

async function refused(fleet: Fleet, book: string): Promise<RunError> {
  try {
    await fleet.run(book);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('the run was not refused');
}

test('constant contradictions: before connecting, with both steps', () =>
  withFleet(['a'], async (fleet) => {
    const error = await refused(
      fleet,
      `
steps:
  - { id: one, task: file, with: { path: /srv/f, content: one } }
  - { id: two, task: file, with: { path: /srv/f, content: two } }
`,
    );
    assert.is(error.code, 'invalid');
    assert.match(error.message, /book\.yaml:5:5.*step one|step one .*book\.yaml:5:5/);
    assert.match(error.message, /step two/);
    assert.is(fleet.server('a').logins(), 0);
  }));

test('a line and a whole file, or two services of one name, contradict each other too', () =>
  withFleet(['a'], async (fleet) => {
    const error = await refused(
      fleet,
      `
steps:
  - { id: line, task: line, with: { path: /srv/f, line: extra, create: true } }
  - { id: whole, task: file, with: { path: /srv/f, content: "all of it\\n" } }
`,
    );
    assert.match(error.message, /step line/);
    assert.match(error.message, /step whole/);
  }));

const DYNAMIC = `
steps:
  - { id: before, task: thing, with: { path: /srv/before } }
  - { id: one, task: file, with: { path: "/srv/\${{ facts.os.id == '' ? 'x' : 'f' }}", content: one } }
  - { id: two, task: file, with: { path: "/srv/\${{ facts.arch == '' ? 'y' : 'f' }}", content: two } }
`;

test('contradictions over facts: when planning, and nothing is written', () =>
  withFleet(['a'], async (fleet) => {
    const run = await fleet.run(DYNAMIC);
    assert.is(run.exit, 1);
    assert.is(run.result, 'refused');
    const { failure } = run.of('step').find(({ failure }) => failure) ?? {};
    assert.match(failure?.message ?? '', /one/);
    assert.match(failure?.message ?? '', /two/);
    // Facts first, then the paths that rest on them.
    assert.equal(run.turns, { a: 2 });
    assert.equal(
      fleet
        .server('a')
        .written()
        .filter((line) => line.includes('srv')),
      [],
    );
    const dry = await fleet.run(DYNAMIC, { dryRun: true });
    assert.is(dry.exit, 1);
  }));

test('seed and content do not contradict, nor does a passage that is said to be transient', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: seed, task: file, with: { path: /srv/f, content: "start\\n", seed: true } }
  - { id: edit, task: line, with: { path: /srv/f, line: more } }
  - { id: stop, task: thing, with: { path: /srv/t, value: stopped, transient: true } }
  - { id: start, task: thing, with: { path: /srv/t, value: started } }
`;
    assert.is((await fleet.run(book)).exit, 0);
    assert.is(fleet.server('a').run('cat /srv/f /srv/t'), 'start\nmore\nstarted\n');
    assert.is((await fleet.run(book)).exit, 0);
  }));

test('an error in a later step refuses the host before its first write', () =>
  withFleet(['a', 'b'], async (fleet) => {
    fleet.server('b').run('mkdir -p /srv && echo here >/srv/file');
    const run = await fleet.run(`
steps:
  - { id: early, task: thing, with: { path: /srv/early } }
  - { id: late, task: line, with: { path: /srv/file, line: x } }
`);
    assert.is(run.exit, 2);
    assert.match(run.failure('late', 'a').message, /not there/);
    assert.equal(run.steps('a'), ['late failed', 'early not_started']);
    assert.equal(run.turns, { a: 1, b: 2 });
    assert.equal(
      fleet
        .server('a')
        .written()
        .filter((line) => line.includes('srv')),
      [],
    );
    assert.equal(run.steps('b'), ['early changed', 'late changed']);
  }));

test('an error that rests on unknown effects refuses nothing: it is asked again after them', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { id: package, task: thing, with: { path: /srv/tool, also: "echo made >/srv/file", opaque: true } }
  - { id: late, task: line, with: { path: /srv/file, line: x } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.is(dry.exit, 0);
    assert.match(dry.of('later')[0]?.reason ?? '', /step package/);
    const run = await fleet.run(book);
    assert.is(run.exit, 0);
    assert.is(fleet.server('a').run('cat /srv/file'), 'made\nx\n');
    assert.equal(run.turns, { a: 3 });
  }));

test('a step whose outcome nobody can foresee hides no file from later steps', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: key, task: thing, hosts: b, with: { path: /srv/key, random: true } }
  - id: made
    task: file
    hosts: a
    needs: [key@b]
    with: { path: /srv/file, seed: true, content: '\${{ hosts["b"].steps.key.outputs.value }}' }
  - { id: line, task: line, hosts: a, needs: [made], with: { path: /srv/file, line: x } }
`);
    assert.is(run.exit, 0, JSON.stringify(run.events));
    assert.match(fleet.server('a').run('cat /srv/file'), /^\d+-\d+\nx\n$/);
  }));

test('a contradiction over an output is found when the output is known, before it is written', () =>
  withFleet(['a', 'b'], async (fleet) => {
    const run = await fleet.run(`
steps:
  - { id: key, task: thing, hosts: b, with: { path: /srv/key, random: true } }
  - id: one
    task: seen
    hosts: a
    needs: [key@b]
    with: { path: /srv/one, what: '\${{ hosts["b"].steps.key.outputs.value }}' }
  - { id: two, task: thing, hosts: a, needs: [one], with: { path: /srv/one, value: two } }
`);
    assert.is(run.exit, 2);
    assert.match(run.failure('one').message, /step two/);
    assert.equal(run.steps('a'), ['one failed', 'two not_started']);
    assert.equal(
      fleet
        .server('a')
        .written()
        .filter((line) => line.includes('srv')),
      [],
    );
  }));

test('what is used must be there, or be made by an earlier step', () =>
  withFleet(['a'], async (fleet) => {
    const step = '{ id: mine, task: thing, with: { path: /srv/mine, user: fresh } }';
    const run = await fleet.run(`
steps:
  - { id: early, task: thing, with: { path: /srv/early } }
  - ${step}
  - { id: fresh, task: user, with: { name: fresh } }
`);
    assert.is(run.exit, 2);
    assert.match(run.failure('mine').message, /needs user fresh, which is not there/);
    assert.equal(run.turns, { a: 1 });
    const good = await fleet.run(`
steps:
  - { id: fresh, task: user, with: { name: fresh } }
  - ${step}
`);
    assert.is(good.exit, 0, JSON.stringify(good.of('step')));
  }));

test('two names of one file are one thing: refused when they disagree, written once when they agree', () =>
  withFleet(['a'], async (fleet) => {
    const book = (second: string): string => `
steps:
  - { id: before, task: thing, with: { path: /srv/before } }
  - { id: one, task: file, with: { path: /srv/real/f, content: "one\\n" } }
  - { id: two, task: file, with: { path: /srv/link/f, content: "${second}\\n" } }
`;
    fleet.server('a').run('mkdir -p /srv/real && ln -s real /srv/link');
    const run = await fleet.run(book('two'));
    assert.is(run.exit, 1);
    const { message } = run.failure('one');
    assert.match(message, /file:\/srv\/real\/f|file:\/srv\/link\/f/);
    assert.match(message, /step two \(.*book\.yaml:7:5\)/);
    assert.equal(run.changes(), []);
    assert.is(fleet.server('a').run('ls /srv'), 'link\nreal\n');
    const agreed = await fleet.run(book('one'));
    assert.is(agreed.exit, 0, JSON.stringify(agreed.of('step')));
    assert.equal(
      agreed.of('change').map(({ step }) => step),
      ['before', 'one'],
    );
  }));
