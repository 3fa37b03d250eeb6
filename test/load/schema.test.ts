/** Parameters against schemas: the fast check and the library agree; unknown and secret values; defaults. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { RunError } from '../../lib/base/error.ts';
import { Secret } from '../../lib/base/secret.ts';
import { Unknown } from '../../lib/base/unknown.ts';
import { conforms, withDefaults } from '../../lib/load/schema/conform.ts';
import { judge } from '../../lib/load/schema/judge.ts';
import { violations } from '../../lib/load/schema/schema.ts';
import type { JsonSchema } from '../../lib/load/source/json-schema.ts';
import { validateParams } from '../../lib/load/task/param.ts';
import { sourceTasks } from '../../lib/load/task/tasks.ts';
import { defineTask } from '../../lib/model/task.ts';
import { assert, suite } from '../suite.ts';

const test = suite('schema');
const place = { file: 'a.yaml', line: 1, col: 1 };

const CONDITION = JSON.parse(
  '{"if":{"required":["a"]},"then":{"required":["b"]},"else":{"maxProperties":1}}',
) as JsonSchema;

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
  { not: { type: 'object', required: ['a', 'b'] } },
  { not: { anyOf: [{ type: 'string', pattern: '^a' }, { minItems: 2 }] } },
  { allOf: [{ type: ['object', 'string'] }, { properties: { a: false } }] },
  CONDITION,
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
      // A keyword that the fast check does not know: this asks the library alone.
      assert.equal(violations({ allOf: [schema], $defs: {} }, value), []);
    }),
    { numRuns: 300 },
  );
  assert.ok(sure > 20, `only ${sure} values conformed`);
});

test('what the fast check is sure to be wrong, the library refuses', () => {
  void fc.assert(
    fc.property(fc.constantFrom(...SCHEMAS), values.value, (schema, value) => {
      if (judge(schema, value) === 'no') assert.ok(violations(schema, value).length > 0);
    }),
    { numRuns: 100 },
  );
});

test('the schemas of the built-in tasks need no library while nothing is wrong', async () => {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '../../tasks');
  for (const [name, load] of sourceTasks(folder)) {
    const { params } = await load();
    const { properties = {}, allOf = [] } = params as unknown as {
      readonly properties?: Readonly<Record<string, JsonSchema>>;
      readonly allOf?: readonly JsonSchema[];
    };
    const given = Object.fromEntries(Object.keys(properties).map((key) => [key, 'x']));
    for (const part of [...Object.values(properties), ...allOf]) {
      for (const value of ['x', 1, true, ['x'], {}, given]) assert.is.not(judge(part, value), 'unsure', name);
    }
  }
});

test('a rule across parameters says what its author says, and waits for what is unknown', () => {
  const schema = {
    type: 'object',
    allOf: [
      {
        $comment: '`a` and `b` exclude each other',
        not: { properties: { a: { const: 1 } }, required: ['a', 'b'] },
      },
    ],
  };
  assert.equal(
    violations(schema, { a: 1, b: 1 }).map((one) => one.message),
    ['`a` and `b` exclude each other'],
  );
  assert.equal(violations(schema, { a: new Unknown('later'), b: 1 }), []);
  assert.is(judge(schema, { a: new Unknown('later'), b: 1 }), 'maybe');
  assert.is(judge(schema, { a: 2, b: 1 }), 'yes');
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
