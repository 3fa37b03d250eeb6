import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withDefaults } from '../../lib/load/conform.ts';
import { paramShape, schemaOf } from '../../lib/load/param.ts';
import { PlanError } from '../../lib/model/resource.ts';
import type { AnyTask } from '../../lib/model/task.ts';
import { assert, suite } from '../suite.ts';
import { CASES, type Case, readCases, revive } from './case-file.ts';
import { faultsOf, play } from './play.ts';

const TASKS = join(fileURLToPath(new URL('.', import.meta.url)), '../../tasks');
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

  if (!existsSync(join(CASES, `${name}.yaml`))) continue;
  for (const one of readCases(name)) test(one.name, () => check(task, one));
}

function check(task: AnyTask, one: Case): void {
  const params = withDefaults(schemaOf(task), revive(one.params ?? {}));
  const wrong = paramShape(task)
    .violations(params)
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (one.invalid !== undefined) {
    assert.ok(wrong.join('\n').includes(one.invalid), `refused with: ${wrong.join('\n') || 'nothing'}`);
    return;
  }
  assert.equal(wrong, []);
  const faults = faultsOf(task, params, one).map(({ path, message }) => `${path.join('.')}: ${message}`);
  assert.is(faults.length, one.faults?.length ?? 0, `the check finds: ${faults.join('\n') || 'nothing'}`);
  for (const [index, part] of (one.faults ?? []).entries()) {
    const fault = faults[index] ?? '';
    const split = part.indexOf(': ');
    assert.is(fault.slice(0, fault.indexOf(': ')), part.slice(0, split), fault);
    assert.ok(fault.includes(part.slice(split + 2)), `the fault is: ${fault}`);
  }
  if (one.faults !== undefined) return;
  if (one.error !== undefined) {
    assert.throws(
      () => play(task, params, one),
      (error: unknown) => {
        if (!(error instanceof Error)) return false;
        assert.ok(error.message.includes(one.error ?? ''), `the message is: ${error.message}`);
        if (error instanceof PlanError) assert.ok(error.hint, 'the message says what to do next');
        return true;
      },
    );
    return;
  }
  const played = play(task, params, one);
  if (one.later !== undefined) {
    assert.ok(played.later?.includes(one.later), `later because: ${played.later ?? 'it can be planned'}`);
    return;
  }
  assert.is(played.later, undefined);
  compare(played.changes, one.changes ?? []);
  assert.equal(played.left, [], 'in the state that it predicts it finds something to do');
  if (one.outputs !== undefined) assert.equal(played.outputs, one.outputs);
  if (one.observed !== undefined) assert.equal(played.observed, one.observed);
}

function compare(changes: ReturnType<typeof play>['changes'], wanted: NonNullable<Case['changes']>): void {
  const seen = changes.map(({ key, draft }, index) => ({
    key,
    action: draft.action,
    ...(wanted[index]?.summary === undefined ? {} : { summary: draft.summary }),
    ...(wanted[index]?.diff === undefined ? {} : { diff: draft.diff }),
  }));
  assert.equal(seen, wanted);
}
