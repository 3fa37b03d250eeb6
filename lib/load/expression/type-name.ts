/** Types by the names that CEL has for them. */
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import { ANY, type Type } from './type.ts';
import { typeOfUnknown } from './typed-unknown.ts';

/** Makes a type of these fields and gives its name. */
export type Declare = (fields: Readonly<Record<string, string>>) => string;

/** The names of a scope with their types, made of types that `declare` makes. */
export type Names = (declare: Declare) => Iterable<readonly [string, string]>;

/** The type of a host that is chosen by a computed name. */
export const ANY_HOST = 'AnyHost';

const SCALARS: Readonly<Record<string, string>> = { text: 'string', int: 'int', bool: 'bool', null: 'null' };

/** `int`, `list<string>`, `dyn`; a map is one of any names. */
export function celName(type: Type): string {
  if (type.kind === 'list') return `list<${celName(type.item)}>`;
  if (type.kind === 'map') return `map<string, ${celName(type.rest)}>`;
  return SCALARS[type.kind] ?? 'dyn';
}

/** The name of the type that a value has, known or not. `known`: names of lists and maps that were looked at before. */
export function nameOfValue(value: unknown, known: WeakMap<object, string>): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isSafeInteger(value) ? 'int' : 'double';
    case 'object':
      break;
    default:
      return 'dyn';
  }
  // A host that says it has none is not asked for a number in the branch it does not take.
  if (value === null) return 'dyn';
  if (value instanceof Unknown) return celName(typeOfUnknown(value));
  if (value instanceof Secret) return 'string';
  const before = known.get(value);
  if (before !== undefined) return before;
  // Before its items are asked for, should it hold itself.
  known.set(value, 'dyn');
  const name = Array.isArray(value)
    ? `list<${common(value, known)}>`
    : `map<string, ${common(Object.values(value), known)}>`;
  known.set(value, name);
  return name;
}

/** The name that all of them share, else `dyn`. */
function common(values: readonly unknown[], known: WeakMap<object, string>): string {
  const names = new Set(values.map((value) => nameOfValue(value, known)));
  const [only = 'dyn'] = names;
  return names.size === 1 ? only : 'dyn';
}

/** The type of a result. */
export function typeNamed(name: string): Type {
  const scalar = Object.entries(SCALARS).find(([, each]) => each === name);
  if (scalar) return { kind: scalar[0] } as Type;
  if (name === 'double') return { kind: 'number' };
  const item = /^list<(.+)>$/.exec(name)?.[1];
  if (item !== undefined || name === 'list') return { kind: 'list', item: typeNamed(item ?? 'dyn') };
  if (/^map(<|$)/.test(name)) return { kind: 'map', field: () => ANY, rest: ANY };
  return ANY;
}
