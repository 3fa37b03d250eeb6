/** A step that names its task as a key, as Ansible has it: told once, with how it is written here. */

import type { Violation } from '../schema/schema.ts';
import { child, entryOf, type Node } from '../source/node.ts';
import { taskHint } from '../task/foreign-task.ts';

const LISTS: readonly string[] = ['', 'steps', 'handlers'];

/** Names of all tasks, the project's own included. */
export type TaskNames = () => ReadonlySet<string>;

/** What is told of a violation of a runbook's shape: another one, or nothing. */
export function tellBareTask(top: Node, tasks: TaskNames): (one: Violation) => Violation | undefined {
  const told = new Set<string>();
  return (one) => {
    // The list itself is looked at, or a file that holds it.
    const [list, index, key] = typeof one.path[0] === 'number' ? ['', ...one.path] : one.path;
    if (typeof list !== 'string' || !LISTS.includes(list) || typeof index !== 'number') return one;
    const steps = list === '' ? top : child(top, list);
    const step = steps?.kind === 'list' ? steps.items[index] : undefined;
    if (step?.kind !== 'map' || entryOf(step, 'task')) return one;
    const name = (word: string): string => word.replace(/^.*\./, '');
    // `group` is a task, and a key of an entry that has steps within.
    const bare = step.entries.find(
      (entry) =>
        (entry.name !== 'group' && tasks().has(name(entry.name))) || /^\w+\.\w+\.\w+$/.test(entry.name),
    );
    if (!bare) return one;
    if (one.code === 'missing-key' && one.missing === 'task') return undefined;
    if (one.code !== 'unknown-key' || key !== bare.name || told.has(`${list}/${index}`)) return one;
    told.add(`${list}/${index}`);
    const hint = tasks().has(name(bare.name))
      ? `write task: ${name(bare.name)}, and its parameters under with:`
      : (taskHint(bare.name) ?? 'write task: NAME, and its parameters under with:; run tasks lists them');
    const { near: _, ...rest } = one;
    return {
      ...rest,
      code: 'task-as-key',
      message: `"${bare.name}" stands where a key of the step is wanted`,
      hint,
    };
  };
}
