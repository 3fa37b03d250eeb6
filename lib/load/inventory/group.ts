/** Groups of an inventory: who is in them, which contains which, and the order in which their values count. */
import type { Node } from '../source/node.ts';

export interface GroupSource {
  readonly name: string;
  /** Names of child groups and of member hosts, with the nodes that say so. */
  readonly children: ReadonlyMap<string, Node>;
  readonly hosts: ReadonlyMap<string, Node>;
}

export interface GroupGraph {
  /** Members by group, host names in inventory order; `all` included. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** Groups of a host, outermost first, `all` before all others. */
  of(host: string): readonly string[];
  /** True when `outer` contains `inner`, directly or through others. */
  contains(outer: string, inner: string): boolean;
  /** A group that contains itself, with the way round: `[a, b, a]`. */
  readonly cycle: readonly string[] | undefined;
}

/** `hosts`: names in order with the groups that each host says it is in. */
export function groupGraph(
  groups: ReadonlyMap<string, GroupSource>,
  hosts: ReadonlyMap<string, readonly string[]>,
): GroupGraph {
  const cycle = findCycle(groups);
  const inner = new Map<string, ReadonlySet<string>>();
  const below = (name: string): ReadonlySet<string> => {
    const known = inner.get(name);
    if (known || cycle) return known ?? new Set();
    const found = new Set<string>();
    for (const child of groups.get(name)?.children.keys() ?? []) {
      found.add(child);
      for (const deeper of below(child)) found.add(deeper);
    }
    inner.set(name, found);
    return found;
  };
  const contains = (outer: string, name: string): boolean =>
    outer !== name && (outer === 'all' || below(outer).has(name));
  const direct = new Map([...hosts].map(([host, said]) => [host, new Set(said)]));
  for (const [name, group] of groups) {
    for (const host of group.hosts.keys()) direct.get(host)?.add(name);
  }
  const groupsOf = new Map<string, readonly string[]>();
  // Most hosts are in the same groups as some other.
  const chains = new Map<string, readonly string[]>();
  for (const [host, said] of direct) {
    const key = [...said].join(' ');
    const chain = chains.get(key) ?? chainOf(said, groups, contains);
    chains.set(key, chain);
    groupsOf.set(host, chain);
  }
  const members = new Map<string, string[]>([['all', [...hosts.keys()]]]);
  for (const name of groups.keys()) if (name !== 'all') members.set(name, []);
  for (const host of hosts.keys()) {
    for (const name of groupsOf.get(host) ?? []) if (name !== 'all') members.get(name)?.push(host);
  }
  return { members, of: (host) => groupsOf.get(host) ?? ['all'], contains, cycle };
}

/** All groups of a host that says it is in these. */
function chainOf(
  said: ReadonlySet<string>,
  groups: ReadonlyMap<string, GroupSource>,
  contains: (outer: string, inner: string) => boolean,
): readonly string[] {
  const all = [...groups.keys()].filter(
    (name) => name !== 'all' && (said.has(name) || [...said].some((own) => contains(name, own))),
  );
  return ['all', ...sortOuterFirst(all, contains)];
}

/** Outer groups first; groups that do not contain each other keep the order of the file. */
function sortOuterFirst(
  names: readonly string[],
  contains: (outer: string, inner: string) => boolean,
): readonly string[] {
  const depth = new Map(names.map((name) => [name, names.filter((other) => contains(other, name)).length]));
  return [...names].sort((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0));
}

function findCycle(groups: ReadonlyMap<string, GroupSource>): readonly string[] | undefined {
  const done = new Set<string>();
  const walk = (name: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const child of groups.get(name)?.children.keys() ?? []) {
      const found = walk(child, [...way, name]);
      if (found) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of groups.keys()) {
    const found = walk(name, []);
    if (found) return found;
  }
  return undefined;
}
