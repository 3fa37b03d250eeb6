/** What expressions look at: hosts on which that is the very same need not each be asked. */
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import type { Path } from './path.ts';

/** Gives the result of an earlier scope with the same values, else what `make` makes. */
export type InputMemo<T> = (scope: Scope, make: () => T) => T;

/** Values that were new on nearly all of so many hosts will go on being new. */
const PATIENCE = 32;

/** `paths`: all that the result follows from. */
export function inputMemo<T>(paths: readonly Path[]): InputMemo<T> {
  return inputMemoIn([{ paths, enter: (scope) => scope }]);
}

/** Paths with the scope in which they are written, from the one that is given. */
export interface InputPart {
  readonly paths: readonly Path[];
  enter(scope: Scope): Scope;
}

export function inputMemoIn<T>(parts: readonly InputPart[]): InputMemo<T> {
  const numbers = new Map<unknown, number>();
  const results = new Map<string, T>();
  const [first, ...rest] = parts;
  let asked = 0;
  return (scope, make) => {
    if (asked > PATIENCE && results.size * 2 > asked) return make();
    let key = first ? keyOf(first.paths, first.enter(scope), numbers) : '';
    for (const part of rest) {
      const more: string | undefined =
        key === undefined ? key : keyOf(part.paths, part.enter(scope), numbers);
      key = more === undefined ? undefined : `${key}${more}`;
    }
    asked += 1;
    // One by one, as its own fault or its own unknown value may be told.
    if (key === undefined) return make();
    if (!results.has(key)) results.set(key, make());
    return results.get(key) as T;
  };
}

/** The values, each by a number of its own; undefined where one of them is missing or not known yet. */
function keyOf(paths: readonly Path[], scope: Scope, numbers: Map<unknown, number>): string | undefined {
  let key = '';
  for (const path of paths) {
    const value = leadsTo(path, scope);
    if (value === MISSING || value instanceof Unknown) return undefined;
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    key += `${number},`;
  }
  return key;
}

/** Whether what the path leads to stays as it is for the whole run. */
export function isFixed({ root, segments }: Path): boolean {
  if (root === 'vars' || root === 'groups') return true;
  return root === 'host' && FIXED.has(segments[0]?.name);
}

const FIXED: ReadonlySet<string | undefined> = new Set(['name', 'address', 'groups', 'vars']);

/** The scope holds nothing there, or nobody knows yet what. */
export const MISSING = Symbol('missing');

/** The value at the end of the path, or as far down as the path is written out. */
export function leadsTo({ root, segments }: Path, scope: Scope): unknown {
  if (!Object.hasOwn(scope, root)) return MISSING;
  let value: unknown = scope[root];
  for (const { name } of segments) {
    if (name === undefined || value instanceof Secret) return value;
    // Of what nobody knows yet the names are known all the same.
    if (value === null || typeof value !== 'object' || value instanceof Unknown) return MISSING;
    if (!Object.hasOwn(value, name)) return MISSING;
    value = Reflect.get(value, name);
  }
  return value;
}
