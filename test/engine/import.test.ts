/** Runbooks that import others: inputs and outputs, names of their own, twice over. */
import { RunError } from '../../lib/base/error.ts';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('imports');
const content = (fleet: Fleet, host: string, path: string): string =>
  fleet.server(host).run(`cat ${path} 2>/dev/null || echo none`).trim();

/** A part that knows nothing of who uses it: its names are its own. */
const PART = `
inputs:
  path: { type: string, description: Where it is kept }
  word: { type: string, default: plain }
  count: { type: integer, default: 1 }
outputs:
  value: "\${{ steps.key.outputs.value }}"
  sum: "\${{ inputs.count + 1 }}"
vars:
  own: "\${{ inputs.word }} of \${{ host.name }}"
  file: "\${{ inputs.path }}"
steps:
  - { id: key, task: thing, with: { path: "\${{ vars.file }}", value: "\${{ vars.own }}" }, notify: [tell] }
  - id: note
    task: thing
    needs: [key]
    with: { path: "\${{ vars.file }}.note", value: "\${{ steps.key.outputs.value }}" }
handlers:
  - { id: tell, task: act, with: { run: "echo told >>/srv/told.\${{ inputs.word }}" } }
`;

const BOOK = `
vars: { own: of the runbook, word: given }
steps:
  - { id: key, task: thing, with: { path: /srv/first, value: first } }
  - import: parts/part.yaml
    id: one
    with: { path: /srv/one, word: "\${{ vars.word }}", count: 41 }
  - import: parts/part.yaml
    id: two
    hosts: b
    tags: [two]
    with: { path: /srv/two, word: "\${{ steps.one.outputs.value }}" }
  - id: last
    task: thing
    needs: [one]
    with: { path: /srv/last, value: "\${{ steps.one.outputs.value }} \${{ steps.one.outputs.sum }} \${{ vars.own }}" }
`;

test('a file imported twice: ids below those of the imports, inputs in, outputs out, names of its own', () =>
  withFleet(['a', 'b'], async (fleet) => {
    fleet.file('runbooks/parts/part.yaml', PART);
    const run = await fleet.run(BOOK);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.steps('a'), [
      'key changed',
      'one.key changed',
      'one.note changed',
      'last changed',
      'one.tell changed',
    ]);
    assert.equal([...run.steps('b')].sort(), [
      'key changed',
      'last changed',
      'one.key changed',
      'one.note changed',
      'one.tell changed',
      'two.key changed',
      'two.note changed',
      'two.tell changed',
    ]);
    assert.is(content(fleet, 'a', '/srv/one'), 'given of a');
    assert.is(content(fleet, 'a', '/srv/one.note'), 'given of a');
    assert.is(content(fleet, 'a', '/srv/last'), 'given of a 42 of the runbook');
    assert.is(content(fleet, 'b', '/srv/two'), 'given of b of b');
    assert.is(content(fleet, 'a', '/srv/two'), 'none');
    assert.is(content(fleet, 'a', '/srv/told.given'), 'told');
    assert.equal((await fleet.run(BOOK)).changes(), []);
    fleet.server('b').run('rm /srv/two /srv/one');
    const tagged = await fleet.run(BOOK, { tags: ['two'] });
    assert.ok(!tagged.steps('b').includes('one.key changed'));
    const from = await fleet.run(BOOK, { from: 'one.note' });
    assert.ok(!from.steps('a').includes('one.key ok'), from.steps('a').join());
    assert.ok(from.steps('a').includes('one.note ok'));
  }));

test('outputs of an import on another host are an edge, and an output that comes late is waited for', () =>
  withFleet(['a', 'b'], async (fleet) => {
    fleet.file(
      'runbooks/parts/key.yaml',
      'outputs: { value: "${{ steps.key.outputs.value }}" }\nsteps:\n  - { id: key, task: thing, with: { path: /srv/key, random: true } }\n',
    );
    fleet.file(
      'runbooks/parts/use.yaml',
      'inputs: { peer: { type: string } }\nsteps:\n  - { id: peer, task: seen, with: { path: /srv/peer, what: "${{ inputs.peer }}" } }\n',
    );
    const book = `
steps:
  - { import: parts/key.yaml, id: mine }
  - { import: parts/use.yaml, hosts: a, with: { peer: '\${{ hosts["b"].steps.mine.outputs.value }}' } }
`;
    const dry = await fleet.run(book, { dryRun: true });
    assert.is(dry.exit, 0, JSON.stringify(dry.of('step')));
    assert.equal(
      dry.of('later', 'a').map(({ step }) => step),
      ['use.peer'],
    );
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.is(content(fleet, 'a', '/srv/peer'), JSON.stringify(content(fleet, 'b', '/srv/key')));
    const limited = await fleet.run(book, { limit: ['a'] });
    assert.is(limited.exit, 0);
    assert.is(limited.host('b').readOnly, true);
  }));

test('conditions of an import are read in its own file, those within in theirs', () =>
  withFleet({ a: { vars: { role: 'x' } }, b: { vars: { role: 'y' } } }, async (fleet) => {
    fleet.file(
      'runbooks/parts/part.yaml',
      'inputs: { role: { type: string } }\nsteps:\n  - { id: s, task: thing, when: inputs.role != "z" && facts.cpus > 0, with: { path: /srv/s, value: "${{ vars.extra }}" } }\n',
    );
    const book = `
vars: { wanted: x }
steps:
  - { import: parts/part.yaml, when: host.vars.role == vars.wanted, vars: { extra: "\${{ vars.wanted }}" }, with: { role: "\${{ vars.role }}" } }
  - { id: t, task: thing, with: { path: /srv/t } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 0, JSON.stringify(run.of('step')));
    assert.equal(run.steps('a'), ['part.s changed', 't changed']);
    assert.equal(run.steps('b'), ['part.s skipped', 't changed']);
    assert.is(content(fleet, 'a', '/srv/s'), 'x');
  }));

test('no step of an import begins before what the import waits for', () =>
  withFleet(['a'], async (fleet) => {
    fleet.file(
      'runbooks/parts/part.yaml',
      'steps:\n  - { id: one, task: thing, needs: [], with: { path: /srv/one } }\n  - { id: two, task: thing, needs: [], with: { path: /srv/two } }\n',
    );
    const book = `
steps:
  - { id: first, task: thing, with: { path: /srv/first, also: "exit 3" } }
  - { import: parts/part.yaml }
`;
    const run = await fleet.run(book);
    assert.equal([...run.steps('a')].sort(), ['first failed', 'part.one skipped', 'part.two skipped']);
  }));

test('a secret that comes by an input stays one', () =>
  withFleet(['a'], async (fleet) => {
    fleet.file(
      'runbooks/parts/part.yaml',
      'inputs: { psk: { type: string } }\nsteps:\n  - { id: s, task: thing, with: { path: /srv/s, value: "x${{ inputs.psk }}" } }\n',
    );
    const book = `
secrets: { psk: { env: PSK } }
steps:
  - { import: parts/part.yaml, with: { psk: "\${{ secrets.psk }}" } }
`;
    const refused: unknown = await fleet.run(book, { env: { PSK: 'hush' } }).catch((error: unknown) => error);
    assert.instance(refused, RunError);
    assert.equal(
      (refused as RunError).problems.map(({ code }) => code),
      ['secret-exposed'],
    );
    assert.ok(!JSON.stringify((refused as RunError).problems).includes('hush'));
  }));
