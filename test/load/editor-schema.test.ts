/** Schemas for editors are never stricter than the loader, and let an expression stand for any value. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { builtinTasks } from '../../lib/cli/builtin.ts';
import { inventoryEditorSchema, runbookEditorSchema } from '../../lib/load/editor-schema.ts';
import { openSchema, THEN } from '../../lib/load/schema/open-schema.ts';
import { violations } from '../../lib/load/schema/schema.ts';
import { isMap, type JsonSchema } from '../../lib/load/source/json-schema.ts';
import type { AnyTask } from '../../lib/model/task.ts';
import { ROOT } from '../fixture/page.ts';
import { assert, suite } from '../suite.ts';

const test = suite('editor schema');

/** A checker of draft-07 that has nothing to do with ours. */
type Check = (value: unknown) => boolean;
const { Ajv } = createRequire(import.meta.url)('ajv') as {
  readonly Ajv: new (options: object) => { compile(schema: JsonSchema): Check };
};
const compile = (schema: JsonSchema): Check => new Ajv({ strict: false, logger: false }).compile(schema);

async function everyTask(): Promise<ReadonlyMap<string, AnyTask>> {
  const loaded = [...builtinTasks().tasks].map(async ([name, load]) => [name, await load()] as const);
  return new Map(await Promise.all(loaded));
}

interface Case {
  readonly name: string;
  readonly params?: unknown;
}

const TEXT = '${{ vars.any }}';

/** The value with one of its leaves, or one list or map within it, as an expression; each once. */
function withExpression(value: unknown): readonly unknown[] {
  if (Array.isArray(value))
    return value.flatMap((item, at) =>
      inPlace(item).map((other) => value.map((old, index) => (index === at ? other : old))),
    );
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    inPlace(item).map((other) => ({ ...value, [name]: other })),
  );
}

function inPlace(value: unknown): readonly unknown[] {
  return [TEXT, `a ${TEXT}`, ...withExpression(value)].filter((each) => each !== value);
}

test('what tasks take is taken, with an expression in any place too', async () => {
  let tried = 0;
  for (const [name, { params }] of await everyTask()) {
    const check = compile(openSchema(params));
    const path = join(ROOT, 'test/cases', `${name}.yaml`);
    for (const one of parse(readFileSync(path, 'utf8')) as readonly Case[]) {
      const given = one.params ?? {};
      if (violations(params as unknown as JsonSchema, given).length > 0) continue;
      assert.ok(check(given), `${name}: ${one.name}: ${JSON.stringify(given)}`);
      for (const other of withExpression(given)) {
        tried += 1;
        assert.ok(check(other), `${name}: ${one.name}: ${JSON.stringify(other)}`);
      }
    }
  }
  assert.ok(tried > 1000, `${tried} tried`);
});

test('what is wrong without any expression is refused, but for what only we know', async () => {
  let refused = 0;
  let passed = 0;
  for (const [name, { params }] of await everyTask()) {
    const check = compile(openSchema(params));
    const path = join(ROOT, 'test/cases', `${name}.yaml`);
    for (const { params: given = {} } of parse(readFileSync(path, 'utf8')) as readonly Case[]) {
      if (violations(params as unknown as JsonSchema, given).length === 0) continue;
      if (check(given)) passed += 1;
      else refused += 1;
    }
  }
  assert.ok(refused > 20 && passed === 0, `${refused} refused, ${passed} let through`);
});

test('rules that forbid hold only where values are written out', () => {
  const { allOf } = {
    allOf: [
      { not: { properties: { state: { const: 'absent' } }, required: ['state', 'size'] } },
      {
        if: { properties: { kind: { const: 'disk' } }, required: ['kind'] },
        [THEN]: { required: ['size'] },
        else: { required: ['name'] },
      },
    ],
  };
  const check = compile(
    openSchema({
      type: 'object',
      properties: {
        state: { enum: ['absent', 'there'] },
        kind: {},
        size: { type: 'integer', maximum: 9 },
        name: {},
      },
      allOf,
    }),
  );
  assert.not.ok(check({ kind: 'disk' }));
  assert.not.ok(check({ kind: 'net' }));
  assert.not.ok(check({ state: 'absent', size: 1, kind: 'disk' }));
  assert.not.ok(check({ state: 'gone', kind: 'disk', size: 1 }));
  assert.not.ok(check({ kind: 'disk', size: 10 }));
  assert.ok(check({ kind: 'disk', size: TEXT }));
  assert.ok(check({ kind: 'net', name: 'a' }));
  assert.ok(check({ state: TEXT, size: 1, kind: 'disk' }));
});

test('of branches that exclude each other an expression may fit several', () => {
  const check = compile(openSchema({ oneOf: [{ type: 'integer' }, { type: 'boolean' }] }));
  assert.ok(check(TEXT));
  assert.ok(check(1));
  assert.not.ok(check('text'));
  const names = compile(openSchema({ type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] }));
  assert.not.ok(names({ a: 1, b: 2 }), 'names of parameters are no expressions');
});

test('the runbooks and inventories of the corpus that load are taken; every reference leads somewhere', async () => {
  const schema = runbookEditorSchema(await everyTask());
  const book = compile(schema);
  for (const name of readdirSync(join(ROOT, 'runbooks')).filter((each) => each.endsWith('.yaml')))
    assert.ok(book(parse(readFileSync(join(ROOT, 'runbooks', name), 'utf8'))), basename(name));
  assert.not.ok(book({ hosts: 'all', steps: [{ task: 'file', with: { pth: '/a' } }] }));
  assert.not.ok(book({ hosts: 'all', steps: [{ task: 'file' }] }), 'a parameter is missing');
  assert.ok(book({ hosts: 'all', steps: [{ task: 'wireguard_key' }] }), 'none is required');
  const text = JSON.stringify(schema);
  assert.not.match(text, /\$defs|dependentRequired|prefixItems|2020-12/);
  const inventory = compile(inventoryEditorSchema());
  assert.ok(inventory(parse(readFileSync(join(ROOT, 'inventory/prod/hosts.yaml'), 'utf8'))));
  assert.not.ok(inventory({ hosts: { roz: { adress: 'a' } } }));
});
