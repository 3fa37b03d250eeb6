/** Functions on lists and maps. Items are handed on as they are: one that is not known yet may lie in a list nobody looks into. */
import type { CelFunction } from './function.ts';
import { unview } from './view.ts';

type List = readonly unknown[];
type Comparable = bigint | number | string;

/** So that a slip of a key does not fill the memory. */
const LONGEST = 10_000n;

/**
 * A function whose result has the type of the items, written `A`. Where nothing is known of the list, the library would
 * give the letter itself as the type of the result, unless another function of that name, on what nobody has, gives any.
 */
function ofItems(signature: string, run: (list: List) => unknown): readonly CelFunction[] {
  return [
    { signature, run },
    { signature: signature.replace(/^.*?>+\./, 'type.').replace(/: .*$/, ': dyn'), run },
  ];
}

export const LIST_FUNCTIONS: readonly CelFunction[] = [
  { signature: 'list<int>.join(string): string', run: (list: List, by: string) => list.map(text).join(by) },
  { signature: 'list<dyn>.join(string): string', run: (list: List, by: string) => list.map(text).join(by) },
  ...ofItems('list<A>.sort(): list<A>', (list) => sorted('sort', list)),
  ...ofItems('list<A>.unique(): list<A>', unique),
  ...ofItems('list<A>.reverse(): list<A>', (list) => [...list].reverse()),
  ...ofItems('list<A>.first(): A', (list) => some('first', list)[0]),
  ...ofItems('list<A>.last(): A', (list) => some('last', list).at(-1)),
  ...ofItems('list<A>.min(): A', (list) => sorted('min', some('min', list))[0]),
  ...ofItems('list<A>.max(): A', (list) => sorted('max', some('max', list)).at(-1)),
  ...ofItems('list<A>.sum(): A', sum),
  { signature: 'list<A>.slice(int, int): list<A>', run: slice },
  { signature: 'type.slice(int, int): dyn', run: slice },
  ...ofItems('list<list<A>>.flatten(): list<A>', (list) => list.flat()),
  { signature: 'list.indexOf(dyn): int', run: indexOf },
  { signature: 'range(int): list<int>', run: (end: bigint) => range(0n, end) },
  { signature: 'range(int, int): list<int>', run: range },
  { signature: 'map.keys(): list<string>', run: (map: object) => entries(map).map(([name]) => name) },
  { signature: 'map.values(): list<dyn>', run: (map: object) => entries(map).map(([, item]) => item) },
  {
    signature: 'map.merge(map): map',
    run: (a: object, b: object) => new Map([...entries(a), ...entries(b)]),
  },
];

function slice(list: List, from: bigint, to: bigint): List {
  return list.slice(Number(from), Number(to));
}

function entries(map: object): readonly (readonly [string, unknown])[] {
  if (map instanceof Map) return [...map].map(([name, item]) => [String(name), item]);
  return Object.keys(map).map((name) => [name, Reflect.get(map, name)]);
}

function text(item: unknown): string {
  if (item === null || typeof item === 'object')
    throw new Error(`join(): ${word(item)} in the list has no text; turn it into text with .map()`);
  return String(item);
}

function some(name: string, list: List): List {
  if (list.length === 0) throw new Error(`${name}(): the list is empty`);
  return list;
}

function sorted(name: string, list: List): List {
  const items = [...list];
  const texts = items.filter((item) => typeof item === 'string').length;
  const numbers = items.filter((item) => typeof item === 'bigint' || typeof item === 'number').length;
  if (texts !== items.length && numbers !== items.length)
    throw new Error(`${name}(): a list of numbers or of texts is wanted`);
  return (items as Comparable[]).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function unique(list: List): List {
  const seen = new Set<unknown>();
  return list.filter((item) => {
    const key = item !== null && typeof item === 'object' ? JSON.stringify(unview(item)) : item;
    const size = seen.size;
    return seen.add(key).size > size;
  });
}

function sum(list: List): unknown {
  if (list.every((item) => typeof item === 'bigint')) return list.reduce((all, item) => all + item, 0n);
  if (!list.every((item) => typeof item === 'bigint' || typeof item === 'number'))
    throw new Error('sum(): a list of numbers is wanted');
  return list.reduce((all: number, item) => all + Number(item), 0);
}

/** An error where it is not in the list: a number below all others would do harm in silence. */
function indexOf(list: List, wanted: unknown): bigint {
  const at = list.findIndex((item) => same(item, wanted));
  if (at === -1) throw new Error(`indexOf(): ${shown(wanted)} is not in the list`);
  return BigInt(at);
}

function same(a: unknown, b: unknown): boolean {
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return a === b;
  return JSON.stringify(unview(a)) === JSON.stringify(unview(b));
}

/** Texts are not shown, as one may be secret. */
function shown(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : word(value);
}

function word(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a map' : 'the text';
}

function range(from: bigint, to: bigint): readonly bigint[] {
  if (to - from > LONGEST) throw new Error(`range(): ${to - from} numbers are too many (at most ${LONGEST})`);
  return Array.from({ length: Math.max(0, Number(to - from)) }, (_, index) => from + BigInt(index));
}
