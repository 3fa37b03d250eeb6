/** One of the things that a step with `foreach` is carried out for, and the names by which its expressions see it. */
import { Secret } from '../base/secret.ts';
import { Unknown } from '../base/unknown.ts';
import type { Scope } from './runbook.ts';

export interface Item {
  readonly value: unknown;
  readonly index: number;
  /** Where `foreach` is a map. */
  readonly key?: string;
  /** For people: `item[2]`, `item["web"]`. */
  readonly label: string;
}

/** Names that stand for the item. `key`: in maps alone. */
export const ITEM_NAMES: ReadonlySet<string> = new Set(['item', 'index', 'key']);

/** The items of a list or a map, in order; undefined for anything else. */
export function itemsOf(value: unknown): readonly Item[] | undefined {
  if (Array.isArray(value))
    return value.map((each: unknown, index) => ({ value: each, index, label: `item[${index}]` }));
  if (value === null || typeof value !== 'object' || value instanceof Unknown || value instanceof Secret)
    return undefined;
  return Object.entries(value).map(([key, each], index) => ({
    value: each as unknown,
    index,
    key,
    label: `item[${JSON.stringify(key)}]`,
  }));
}

/** The scope with the names of the item in it; what is worked out late in the scope stays so. */
export function itemScope(scope: Scope, { value, index, key }: Item): Scope {
  const names = { item: { enumerable: true, value }, index: { enumerable: true, value: index } };
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(scope),
      ...names,
      ...(key === undefined ? {} : { key: { enumerable: true, value: key } }),
    },
  ) as Scope;
}

/** What each item gave, in the form of `foreach`: a list, or a map by key. */
export function joinItems(given: readonly { readonly item: Item; readonly value: unknown }[]): unknown {
  if (given.every(({ item }) => item.key === undefined)) return given.map(({ value }) => value);
  return Object.fromEntries(given.map(({ item, value }) => [item.key ?? '', value]));
}
