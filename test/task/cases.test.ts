import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCases } from '../../lib/case/case-file.ts';
import { judgeCase } from '../../lib/case/judge.ts';
import type { AnyTask } from '../../lib/model/task.ts';
import { assert, suite } from '../suite.ts';

const ROOT = join(fileURLToPath(new URL('.', import.meta.url)), '../..');
const CASES = join(ROOT, 'test/cases');
const TASKS = join(ROOT, 'tasks');
const names = readdirSync(TASKS)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => basename(name, '.ts'))
  .sort();

const general = suite('tasks');

general('each task has a file of cases, each file of cases a task', () => {
  const cased = readdirSync(CASES)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'));
  assert.equal(cased.sort(), names);
});

for (const name of names) {
  const test = suite(name);
  const { default: task } = (await import(join(TASKS, `${name}.ts`))) as { readonly default: AnyTask };

  test('every parameter has a description, and no other is taken', () => {
    const { properties = {}, additionalProperties } = task.params as {
      readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
      readonly additionalProperties?: unknown;
    };
    assert.is(additionalProperties, false);
    for (const [parameter, { description }] of Object.entries(properties)) {
      assert.ok(description && /[.)`]$/.test(description), `${parameter}: ${description}`);
    }
  });

  const file = join(CASES, `${name}.yaml`);
  if (!existsSync(file)) continue;
  for (const one of await readCases(file, `test/cases/${name}.yaml`))
    test(one.name, () => assert.equal(judgeCase(task, one, join(CASES, 'files')), []));
}
