/** Whether a task does what a case says: everything in which the two differ, for people and for programs. */
import { isDeepStrictEqual } from 'node:util';
import { withDefaults } from '../load/schema/conform.ts';
import { paramShape, schemaOf } from '../load/task/param.ts';
import { type Difference, PlanError } from '../model/resource.ts';
import type { AnyTask } from '../model/task.ts';
import { type Case, type Expected, revive } from './case-file.ts';
import { faultsOf, type Played, play } from './play.ts';

/** One thing that is not as the case says. */
export interface Mismatch {
  readonly message: string;
  /** What the case says and what came, where both can be shown: a line each. */
  readonly expected?: readonly string[];
  readonly found?: readonly string[];
}

/** Empty: the case holds. `files`: the folder of the local files that parameters name. What the task throws is thrown. */
export function judgeCase(task: AnyTask, one: Case, files: string): readonly Mismatch[] {
  const params = withDefaults(schemaOf(task), revive(one.params ?? {}));
  const wrong = paramShape(task).violations(params).map(faultLine);
  if (one.invalid !== undefined) return partOf('the parameters are refused with', one.invalid, wrong);
  if (wrong.length > 0) return [{ message: 'the parameters do not fit the schema', found: wrong }];
  const faults = faultsOf(task, params, one, files).map(faultLine);
  const checked = judgeFaults(one.faults ?? [], faults);
  if (checked.length > 0 || one.faults !== undefined) return checked;
  if (one.error !== undefined) return judgeError(() => play(task, params, one, files), one.error);
  return judgePlayed(play(task, params, one, files), one);
}

function faultLine(fault: { readonly path: readonly (string | number)[]; readonly message: string }): string {
  return `${fault.path.join('.')}: ${fault.message}`;
}

function partOf(what: string, part: string, found: readonly string[]): readonly Mismatch[] {
  if (found.join('\n').includes(part)) return [];
  const message = `${what} ${found.length === 0 ? 'nothing' : 'something else'}`;
  return [{ message, expected: [part], found }];
}

/** `path: part of the message` each, in order. */
function judgeFaults(expected: readonly string[], found: readonly string[]): readonly Mismatch[] {
  const fits = (part: string, fault: string): boolean => {
    const split = part.indexOf(': ');
    const path = fault.slice(0, fault.indexOf(': '));
    return path === part.slice(0, split) && fault.includes(part.slice(split + 2));
  };
  const same =
    expected.length === found.length && expected.every((part, index) => fits(part, found[index] ?? ''));
  return same ? [] : [{ message: 'the check finds other faults', expected, found }];
}

function judgeError(work: () => unknown, part: string): readonly Mismatch[] {
  try {
    work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const [other] = partOf('planning is refused with', part, [error.message]);
    if (other) return [other];
    if (error instanceof PlanError && !error.hint)
      return [{ message: `the message says what is wrong, but not what to do next: ${error.message}` }];
    return [];
  }
  return [{ message: 'planning is not refused', expected: [part], found: [] }];
}

function judgePlayed(played: Played, one: Case): readonly Mismatch[] {
  if (one.later !== undefined) {
    const reasons = played.later === undefined ? [] : [played.later];
    return partOf('it is known after apply because of', one.later, reasons);
  }
  if (played.later !== undefined)
    return [{ message: 'it cannot be planned yet', found: [`known after apply: ${played.later}`] }];
  return [
    ...judgeChanges(played.changes, one.changes ?? []),
    ...(played.left.length > 0
      ? [{ message: 'in the state that it leads to, it finds something to do', found: played.left }]
      : []),
    ...same('the outputs are others', one.outputs, played.outputs),
    ...same('what is seen is something else', one.observed, played.observed),
  ];
}

function judgeChanges(changes: Played['changes'], expected: readonly Expected[]): readonly Mismatch[] {
  const seen = changes.map(({ key, draft }, index) => ({
    key,
    action: draft.action,
    ...(wants(expected[index], 'summary') ? { summary: draft.summary } : {}),
    ...(wants(expected[index], 'diff') ? { diff: draft.diff.map(named) } : {}),
  }));
  return same('the changes are others', expected, seen);
}

/** Of a secret a case says that it changes: nobody writes down its checksums. */
function named(item: Difference): Difference {
  return item.kind === 'secret' ? { kind: 'secret', name: item.name } : item;
}

/** A change that nobody expected is shown with its summary; of one that was, only what the case names is compared. */
function wants(expected: Expected | undefined, field: 'summary' | 'diff'): boolean {
  return expected === undefined ? field === 'summary' : expected[field] !== undefined;
}

function same(message: string, expected: unknown, found: unknown): readonly Mismatch[] {
  if (expected === undefined || isDeepStrictEqual(plain(expected), plain(found))) return [];
  return [{ message, expected: linesOf(expected), found: linesOf(found) }];
}

/** As JSON would carry it: what is undefined is not there. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** One line for each item of a list and each field of a map. */
function linesOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(item));
  if (value === null || typeof value !== 'object') return value === undefined ? [] : [JSON.stringify(value)];
  return Object.entries(value).map(([name, item]) => `${name}: ${JSON.stringify(item)}`);
}
