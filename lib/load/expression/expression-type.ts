/** The type of an expression in a scope, before its values are known: worked out once for each shape of what it looks at. */
import { Secret } from '../../base/secret.ts';
import { didYouMean } from '../../base/suggest.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import type { Parsed } from './cel.ts';
import { ExpressionFault } from './cel-tree.ts';
import { type Path, showPath } from './path.ts';
import { ANY, type Type, typeWords } from './type.ts';
import { ANY_HOST, celName, type Declare, nameOfValue } from './type-name.ts';
import { typeOfUnknown } from './typed-unknown.ts';

/** Throws {@link ExpressionFault} where the types do not go together. */
export type TypeIn = (scope: Scope) => Type;

/** Of an expression that is a path: `any` for what is known. */
export function typeOfPath(path: Path): TypeIn {
  return (scope) => {
    let value: unknown = Object.hasOwn(scope, path.root) ? scope[path.root] : undefined;
    for (const [at, { name = '' }] of path.segments.entries()) {
      if (value instanceof Unknown) return typeBelow(typeOfUnknown(value), path, at);
      const inside = value !== null && typeof value === 'object' && !(value instanceof Secret);
      if (!inside || !Object.hasOwn(value as object, name)) return ANY;
      value = Reflect.get(value as object, name);
    }
    return value instanceof Unknown ? typeOfUnknown(value) : ANY;
  };
}

function typeBelow(top: Type, path: Path, from: number): Type {
  let type = top;
  for (const [at, { name = '' }] of path.segments.entries()) {
    if (at < from) continue;
    if (type.kind === 'any') return ANY;
    if (type.kind !== 'map') {
      const before = showPath(
        path.root,
        path.segments.slice(0, at).map((each) => each.name),
      );
      const message = `"${before}" is ${typeWords(type)}: there is no "${name}" in it`;
      const hint = type.kind === 'list' ? `an item is ${before}[0], their number size(${before})` : undefined;
      throw new ExpressionFault(message, path.at, 'wrong-type', hint);
    }
    type = type.field(name) ?? missingName(type.names, path, at);
  }
  return type;
}

/** Of a name that may be missing: anything. Throws where it is one that can never be there. */
function missingName(names: readonly string[] | undefined, path: Path, at: number): Type {
  const { name = '', optional } = path.segments[at] ?? { optional: true };
  if (names === undefined || optional || (path.tested && at === path.segments.length - 1)) return ANY;
  const shown = showPath(
    path.root,
    path.segments.slice(0, at + 1).map((each) => each.name),
  );
  const hint = didYouMean(name, names);
  throw new ExpressionFault(`"${shown}" does not exist`, path.at, 'unknown-name', hint);
}

/** Of any other expression. `known`: names of the types of lists and maps. */
export function typeOfParsed({ paths, type }: Parsed, known: WeakMap<object, string>): TypeIn {
  const results = new Map<string, Type | ExpressionFault>();
  return (scope) => {
    const leaves = paths.map((path) => leafOf(path, scope, known));
    const key = leaves.map((leaf) => `${leaf.names.length}${leaf.type}`).join(' ');
    const result = results.get(key) ?? resultOf(type, leaves);
    results.set(key, result);
    if (result instanceof ExpressionFault) throw result;
    return result;
  };
}

function resultOf(type: Parsed['type'], leaves: readonly Leaf[]): Type | ExpressionFault {
  const top = treeOf(leaves);
  try {
    return type((declare) => [...top.below].map(([name, branch]) => [name, branchType(branch, declare)]));
  } catch (error) {
    if (error instanceof ExpressionFault) return error;
    throw error;
  }
}

/** What a path leads to, or where it cannot be followed any further without running the expression. */
interface Leaf {
  readonly names: readonly string[];
  /** CEL's name. */
  readonly type: string;
}

function leafOf(path: Path, scope: Scope, known: WeakMap<object, string>): Leaf {
  const { root, segments } = path;
  const names = [root];
  // Thousands of hosts are not looked at one by one.
  if (root === 'hosts' && segments[0]?.name === undefined) return { names, type: `map<string, ${ANY_HOST}>` };
  let value: unknown = Object.hasOwn(scope, root) ? scope[root] : new Unknown('no such name');
  for (const [at, { name }] of segments.entries()) {
    if (value instanceof Unknown) return leafBelow(typeOfUnknown(value), names, path, at);
    const map =
      value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Secret);
    if (name === undefined || !map) break;
    names.push(name);
    if (!Object.hasOwn(value as object, name)) return { names, type: 'dyn' };
    value = Reflect.get(value as object, name);
  }
  return { names, type: nameOfValue(value, known) };
}

function leafBelow(top: Type, before: readonly string[], path: Path, from: number): Leaf {
  const names = [...before];
  let type = top;
  // Beyond an item of a list, or a name that is computed, the library cannot look; what is wrong there is told all the same.
  let leaf: Leaf | undefined;
  for (const [at, { name }] of path.segments.entries()) {
    if (at < from || type.kind === 'any') continue;
    if (type.kind === 'list') {
      leaf ??= { names, type: celName(type) };
      if (name !== undefined && !/^\d+$/.test(name)) break;
      type = type.item;
    } else if (type.kind === 'map') {
      if (name === undefined) leaf ??= { names: [...names], type: celName(type) };
      else if (!leaf) names.push(name);
      type = name === undefined ? type.rest : (type.field(name) ?? missingName(type.names, path, at));
    } else break;
  }
  return leaf ?? { names, type: celName(type) };
}

/** Names that are looked into, down to those that are looked at. */
interface Branch {
  readonly below: Map<string, Branch>;
  type: string | undefined;
}

function treeOf(leaves: readonly Leaf[]): Branch {
  const top: Branch = { below: new Map(), type: undefined };
  for (const { names, type } of leaves) {
    let at = top;
    for (const name of names) {
      const next = at.below.get(name) ?? { below: new Map(), type: undefined };
      at.below.set(name, next);
      at = next;
    }
    at.type = type;
  }
  return top;
}

/** A map that is also looked at as a whole is one of any names. */
function branchType({ below, type }: Branch, declare: Declare): string {
  if (type !== undefined) return type;
  const fields = [...below].map(([name, branch]) => [name, branchType(branch, declare)]);
  return declare(Object.fromEntries(fields));
}
