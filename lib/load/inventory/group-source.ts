/** Groups as an inventory's file says them: under `groups:`, and by what its hosts say they are in. */
import { didYouMean } from '../../base/suggest.ts';
import { child, entryOf, listOf, type MapNode, type Node, textOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { GroupSource } from './group.ts';
import { nameRange } from './host-range.ts';

/** Host to the groups that it says it is in. */
export function saidGroups(hosts: MapNode): ReadonlyMap<string, readonly string[]> {
  return new Map(
    hosts.entries.map((entry) => [
      entry.name,
      listOf(child(entry.value, 'groups')).flatMap((item) => textOf(item) ?? []),
    ]),
  );
}

/** All groups: those under `groups:` and those that only hosts name. Names that are nowhere are reported. */
export function readGroups(
  node: Node | undefined,
  hosts: MapNode,
  report: Report,
): ReadonlyMap<string, GroupSource> {
  const names = new Set(hosts.entries.map((entry) => entry.name));
  const groups = new Map<string, GroupSource>();
  const declared = node?.kind === 'map' ? node.entries : [];
  for (const { name, value } of declared) {
    groups.set(name, {
      name,
      children: named(child(value, 'children')),
      hosts: members(child(value, 'hosts'), report),
    });
  }
  for (const host of hosts.entries) {
    for (const [name, item] of named(child(host.value, 'groups'))) {
      if (groups.has(name)) continue;
      // A group that only hosts name is a group all the same, unless it looks like a slip of one that is declared.
      const near = declared.length > 0 ? didYouMean(name, groups.keys()) : undefined;
      if (near?.startsWith('did you mean')) report.add('unknown-group', `no group "${name}"`, item, near);
      else if (!/^[a-z][a-z0-9_]*$/.test(name)) {
        report.add('bad-value', `"${name}" cannot name a group`, item, 'small letters, digits and _ only');
      } else groups.set(name, { name, children: new Map(), hosts: new Map() });
    }
  }
  for (const group of groups.values()) {
    for (const [name, item] of group.children) {
      if (name === 'all' && group.name !== 'all')
        report.add('group-cycle', `"all" holds every group, "${group.name}" too`, item, 'take it out');
      if (groups.has(name) || name === 'all') continue;
      const hint = names.has(name) ? 'it is a host: name it under hosts:' : didYouMean(name, groups.keys());
      report.add('unknown-group', `no group "${name}"`, item, hint);
    }
    const told = new Set<Node>();
    for (const [name, item] of group.hosts) {
      if (names.has(name) || told.has(item)) continue;
      told.add(item);
      const hint = groups.has(name) ? 'it is a group: name it under children:' : didYouMean(name, names);
      report.add('unknown-host', `no host "${name}"`, item, hint);
    }
    if (names.has(group.name)) {
      const entry = entryOf(hosts, group.name);
      report.add(
        'host-and-group',
        `"${group.name}" is both a host and a group`,
        entry?.key,
        'rename one of them',
      );
    }
  }
  const all = entryOf(hosts, 'all');
  if (all) report.add('host-and-group', '"all" is the group of every host', all.key, 'rename the host');
  return groups;
}

/** Names of hosts, with those of ranges; each with the item that names it. */
function members(node: Node | undefined, report: Report): ReadonlyMap<string, Node> {
  const found = new Map<string, Node>();
  for (const [text, item] of named(node)) {
    const range = nameRange(text);
    if (!range) found.set(text, item);
    else if ('code' in range) report.add(range.code, range.message, item, range.hint);
    else for (const name of range.texts()) found.set(name, item);
  }
  return found;
}

function named(node: Node | undefined): ReadonlyMap<string, Node> {
  return new Map(
    listOf(node).flatMap((item) => (textOf(item) === undefined ? [] : [[textOf(item) ?? '', item]])),
  );
}

export function reportCycle(
  cycle: readonly string[],
  node: Node,
  groups: ReadonlyMap<string, GroupSource>,
  report: Report,
): void {
  const place = groups.get(cycle[0] ?? '')?.children.get(cycle[1] ?? '') ?? node;
  report.add(
    'group-cycle',
    `a group contains itself: ${cycle.join(' → ')}`,
    place,
    'take one of these children out',
  );
}
