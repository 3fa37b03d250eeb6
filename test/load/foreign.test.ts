/** What people know from elsewhere is told with what stands in its place. */
import { foreignHint } from '../../lib/load/source/foreign-key.ts';
import { taskHint } from '../../lib/load/task/foreign-task.ts';
import { assert, suite } from '../suite.ts';

const test = suite('words from elsewhere');

test('keys of playbooks', () => {
  assert.equal(foreignHint('with_items'), 'write foreach:');
  assert.equal(foreignHint('serial'), 'write rollout: { batch: 5 }');
  assert.equal(foreignHint('foreach'), undefined);
  assert.equal(foreignHint('constructor'), undefined);
});

test('modules, with and without the name of their collection', () => {
  assert.match(taskHint('ansible.builtin.apt') ?? '', 'write task: package');
  assert.match(taskHint('shell') ?? '', 'write task: command');
  assert.equal(taskHint('toString'), undefined);
});
