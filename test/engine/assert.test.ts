/** The task `assert`: judged before connecting where it can be, when the step is planned where it cannot. */
import { RunError } from '../../lib/base/error.ts';
import { withFleet } from '../fixture/engine.ts';
import { assert, suite } from '../suite.ts';

const test = suite('assert');

test('what is false before connecting is refused then, with the host and the place of the value', () =>
  withFleet({ a: { vars: { asn: 65000 } }, b: { vars: { asn: 0 } } }, async (fleet) => {
    const book = `
steps:
  - { task: assert, with: { that: "\${{ vars.asn > 0 }}", message: "\${{ host.name }} has no ASN" } }
  - { id: one, task: thing, with: { path: /srv/one } }
`;
    const refused: unknown = await fleet.run(book).catch((error: unknown) => error);
    assert.instance(refused, RunError);
    const { problems } = refused as RunError;
    assert.equal(
      problems.map(({ code, message, place }) => `${code} ${place?.line}:${place?.col} ${message}`),
      ['bad-parameter 5:35 b has no ASN (on b)'],
    );
    assert.equal([fleet.server('a').turns(), fleet.server('b').turns()], [0, 0]);
  }));

test('what rests on facts fails the step when it is planned, and those behind it are skipped', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { task: assert, with: { that: ["\${{ facts.cpus > 0 }}", "\${{ facts.cpus > 100000 }}"], message: too small } }
  - { id: one, task: thing, with: { path: /srv/one } }
`;
    const run = await fleet.run(book);
    assert.is(run.exit, 2);
    assert.is(run.failure('assert').message, 'too small');
    assert.match(run.failure('assert').place ?? '', /book\.yaml:5:\d+$/);
    assert.equal(run.steps(), ['assert failed', 'one skipped']);
    assert.equal(run.changes(), []);
  }));

test('what is true changes nothing, and the run goes on', () =>
  withFleet(['a'], async (fleet) => {
    const book = `
steps:
  - { task: assert, with: { that: "\${{ facts.cpus > 0 }}" } }
  - { id: one, task: thing, with: { path: /srv/one } }
`;
    const run = await fleet.run(book);
    assert.equal(run.steps(), ['assert ok', 'one changed']);
  }));
