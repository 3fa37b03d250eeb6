/** No message shows a regular expression: what has a pattern says in words what it wants. */
import { builtinTasks } from '../../lib/cli/builtin.ts';
import { INVENTORY_SCHEMA } from '../../lib/load/inventory/inventory-schema.ts';
import { RUNBOOK_SCHEMA } from '../../lib/load/runbook/runbook-schema.ts';
import { NAME } from '../../lib/load/schema/schema-message.ts';
import { isMap } from '../../lib/load/source/json-schema.ts';
import { assert, suite } from '../suite.ts';

const test = suite('patterns');

/** Paths of patterns for which nothing is said. */
function silent(schema: unknown, path: string): readonly string[] {
  if (Array.isArray(schema)) return schema.flatMap((item, at) => silent(item, `${path}[${at}]`));
  if (!isMap(schema)) return [];
  const { pattern, $comment } = schema;
  const here = typeof pattern === 'string' && pattern !== NAME && typeof $comment !== 'string' ? [path] : [];
  return [...here, ...Object.entries(schema).flatMap(([key, value]) => silent(value, `${path}.${key}`))];
}

test('every pattern of our own schemas has its words', async () => {
  const tasks = await Promise.all(
    [...builtinTasks().tasks].map(async ([name, load]) => [name, await load()] as const),
  );
  assert.ok(tasks.length > 20);
  for (const [name, task] of tasks) assert.equal(silent(task.params, name), []);
  assert.equal(silent(RUNBOOK_SCHEMA, 'runbook'), []);
  assert.equal(silent(INVENTORY_SCHEMA, 'inventory'), []);
  assert.equal(silent({ properties: { a: { pattern: '^a' } } }, 'x'), ['x.properties.a']);
});
