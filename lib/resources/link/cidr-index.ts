/** Networks put in order, so that those which overlap another one are found without comparing each with each. Pure. */
import { hostOf, type IpAddress, type IpCidr, lastOf, networkOf } from '../../base/ip-address.ts';

export interface CidrIndex<T> {
  /** What stands under networks that share an address with this one, in the order in which it was given. */
  overlapping(cidr: IpCidr): readonly T[];
  /** As {@link overlapping}, for an address alone. */
  around(address: IpAddress): readonly T[];
}

interface Item<T> {
  readonly first: bigint;
  readonly prefix: number;
  readonly at: number;
  readonly value: T;
}

/** The networks of one version of IP. */
interface Family<T> {
  /** By prefix length and first address. */
  readonly byPrefix: ReadonlyMap<number, ReadonlyMap<bigint, readonly Item<T>[]>>;
  /** By first address. */
  readonly sorted: readonly Item<T>[];
}

export function indexCidrs<T>(entries: Iterable<readonly [IpCidr, T]>): CidrIndex<T> {
  const items: Record<4 | 6, Item<T>[]> = { 4: [], 6: [] };
  let at = 0;
  for (const [cidr, value] of entries) {
    items[cidr.version].push({ first: networkOf(cidr).value, prefix: cidr.prefix, at, value });
    at += 1;
  }
  const families = { 4: familyOf(items[4]), 6: familyOf(items[6]) };
  const overlapping = (cidr: IpCidr): readonly T[] => {
    const family = families[cidr.version];
    return [...above(family, cidr), ...within(family, cidr)]
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value);
  };
  return { overlapping, around: (address) => overlapping(hostOf(address)) };
}

function familyOf<T>(items: readonly Item<T>[]): Family<T> {
  const byPrefix = new Map<number, Map<bigint, Item<T>[]>>();
  for (const item of items) {
    const known = byPrefix.get(item.prefix) ?? new Map<bigint, Item<T>[]>();
    byPrefix.set(item.prefix, known);
    const same = known.get(item.first);
    if (same) same.push(item);
    else known.set(item.first, [item]);
  }
  return {
    byPrefix,
    sorted: [...items].sort((a, b) => (a.first < b.first ? -1 : Number(a.first > b.first))),
  };
}

/** Networks that hold this one, itself included. */
function above<T>({ byPrefix }: Family<T>, cidr: IpCidr): readonly Item<T>[] {
  return [...byPrefix].flatMap(([prefix, items]) =>
    prefix > cidr.prefix ? [] : (items.get(networkOf({ ...cidr, prefix }).value) ?? []),
  );
}

/** Networks that lie in this one and are smaller. */
function within<T>({ sorted }: Family<T>, cidr: IpCidr): readonly Item<T>[] {
  const { value: first } = networkOf(cidr);
  const last = lastOf(cidr).value;
  const found: Item<T>[] = [];
  for (let at = firstFrom(sorted, first); at < sorted.length; at += 1) {
    const item = sorted[at];
    if (!item || item.first > last) break;
    if (item.prefix > cidr.prefix) found.push(item);
  }
  return found;
}

/** Where the first item that does not begin before this address stands. */
function firstFrom<T>(sorted: readonly Item<T>[], first: bigint): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = sorted[middle];
    if (item && item.first < first) low = middle + 1;
    else high = middle;
  }
  return low;
}
