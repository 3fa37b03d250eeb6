/** Parameters against schemas: the fast check and the library agree; unknown and secret values; defaults. */
import * as fc from 'fast-check';
import { RunError } from '../../lib/base/error.ts';
import { Secret } from '../../lib/base/secret.ts';
import { Unknown } from '../../lib/base/unknown.ts';
import { conforms, type JsonSchema, withDefaults } from '../../lib/load/conform.ts';
import { validateParams } from '../../lib/load/param.ts';
import { violations } from '../../lib/load/schema.ts';
import { defineTask } from '../../lib/model/task.ts';
import { assert, suite } from '../suite.ts';

const test = suite('schema');
const place = { file: 'a.yaml', line: 1, col: 1 };

const SCHEMAS: readonly JsonSchema[] = [
  { type: 'string', minLength: 2, maxLength: 4 },
  { type: ['string', 'integer', 'null'] },
  { type: 'integer', minimum: 0, exclusiveMaximum: 10 },
  { enum: ['a', 1, true, null] },
  { const: 'a' },
  { type: 'string', pattern: '^[ab]+$' },
  { type: 'string', format: 'mode' },
  { type: 'string', format: 'abs-path' },
  { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 2, uniqueItems: true },
  { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'integer' } }] },
  { oneOf: [{ type: 'string' }, { type: 'object', required: ['a'] }] },
  { oneOf: [{ minLength: 1 }, { type: 'string', maxLength: 3 }] },
  {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'array', items: { type: 'integer' } } },
    required: ['a'],
    additionalProperties: false,
  },
  { type: 'object', additionalProperties: { type: 'integer' }, propertyNames: { pattern: '^[ab]$' } },
  { type: 'object', minProperties: 1, maxProperties: 2 },
  { type: 'object', allOf: [{ required: ['a'] }, { not: { required: ['b'] } }] },
  { type: 'object', dependentRequired: { a: ['b'] } },
];

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(
      'a',
      'b',
      'ab',
      '0644',
      '644',
      '/x',
      'x',
      '',
      1,
      0,
      -1,
      10,
      1.5,
      true,
      false,
      null,
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
}));

test('the fast check never lets pass what the library refuses', () => {
  let sure = 0;
  // A property without awaits: its check is synchronous.
  void fc.assert(
    fc.property(fc.constantFrom(...SCHEMAS), values.value, (schema, value) => {
      if (!conforms(schema, value)) return;
      sure += 1;
      // Under allOf the fast check is bypassed, so this asks the library alone.
      assert.equal(violations({ allOf: [schema, { $comment: 'x', minContains: 0 }] }, value), []);
    }),
    { numRuns: 300 },
  );
  assert.ok(sure > 20, `only ${sure} values conformed`);
});

test('and what it refuses for sure is refused by the library too', () => {
  assert.equal(
    violations(SCHEMAS[12] as JsonSchema, { b: [1, 'x'], c: 1 }).map(
      ({ code, path }) => `${code} ${path.join('.')}`,
    ),
    ['missing-key ', 'unknown-key c', 'wrong-type b.1'],
  );
  assert.equal(violations({ oneOf: [{ minLength: 1 }, { type: 'string', maxLength: 3 }] }, 'ab').length, 1);
});

const task = defineTask({
  summary: 'A task',
  params: {
    type: 'object',
    additionalProperties: false,
    required: ['name'],
    properties: {
      name: { type: 'string' },
      password: { type: 'string', format: 'secret' },
      state: { enum: ['present', 'absent'], default: 'present' },
      peers: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            key: { type: 'string', format: 'secret' },
            keepalive: { type: 'integer', default: 25 },
          },
        },
      },
    },
  },
  desire: () => [],
});

test('defaults are filled in at any depth, and the value given is left alone', () => {
  const given = { name: 'x', peers: [{ key: 'k' }] };
  const full = validateParams(task, 'a', given, place);
  assert.equal(full, { name: 'x', state: 'present', peers: [{ key: 'k', keepalive: 25 }] });
  assert.equal(given, { name: 'x', peers: [{ key: 'k' }] });
  assert.equal(withDefaults({ properties: { a: { default: [] } } }, {}), { a: [] });
});

test('unknown values pass, wrong ones beside them do not', () => {
  const unknown = new Unknown('later');
  const fine = validateParams(task, 'a', { name: unknown, peers: unknown }, place) as {
    readonly name: unknown;
  };
  assert.is(fine.name, unknown);
  try {
    validateParams(task, 'a', { name: unknown, state: 'gone', extra: 1 }, place);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RunError);
    const codes = (error as RunError).problems.map((problem) => problem.code);
    assert.equal(codes.sort(), ['bad-value', 'unknown-parameter']);
  }
});

test('a secret passes where the schema says so, at any depth, and nowhere else', () => {
  const secret = new Secret('psk', 'hush');
  const params = validateParams(task, 'a', { name: 'x', password: secret, peers: [{ key: secret }] }, place);
  assert.is((params as { readonly password: unknown }).password, secret);
  for (const bad of [{ name: secret }, { name: 'x', peers: [{ keepalive: 1, other: secret }] }]) {
    assert.throws(
      () => validateParams(task, 'a', bad, place),
      (error: unknown) => error instanceof RunError && error.problems[0]?.code === 'secret-exposed',
    );
  }
});
