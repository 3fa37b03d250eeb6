/** An inventory from its files: hosts, groups and values, resolved, with every fault reported. */
import { dirname, join } from 'node:path';
import { didYouMean } from '../base/suggest.ts';
import type { Inventory } from '../model/inventory.ts';
import { refuseAnsibleInventory, refuseIni } from './ansible.ts';
import { type GroupSource, groupGraph } from './group.ts';
import { readHost } from './inventory-host.ts';
import { INVENTORY_SCHEMA } from './inventory-schema.ts';
import { child, entryOf, listOf, type MapNode, type Node, textOf } from './node.ts';
import { isFile, readSource } from './read.ts';
import type { Report } from './report.ts';
import type { InventoryPlace } from './root.ts';
import { checkShape } from './shape.ts';
import type { TreeStore } from './tree.ts';
import { type HostValues, resolveValues } from './value.ts';
import { readVarsFolder, type VarsFile } from './vars-folder.ts';

export interface LoadedInventory {
  readonly inventory: Inventory;
  /** The node under `secrets:`, if any. */
  readonly secrets: Node | undefined;
  readonly folder: string;
  /** Where each host's values come from. */
  readonly values: ReadonlyMap<string, HostValues>;
}

/** Undefined when the file is too broken for anything that rests on it to be checked. */
export async function loadInventory(
  at: InventoryPlace,
  cwd: string,
  home: string,
  trees: TreeStore,
  report: Report,
): Promise<LoadedInventory | undefined> {
  const file = readSource(at.file, cwd, report);
  if (!file) return undefined;
  const before = report.size;
  if (refuseIni(file, report)) return undefined;
  const top = await trees.parse(file, report);
  if (!top) {
    if (report.size === before)
      report.add('empty-inventory', 'the inventory is empty', { file, start: 0, end: 0 });
    return undefined;
  }
  if (refuseAnsibleInventory(top, report)) return undefined;
  checkShape(INVENTORY_SCHEMA, top, report);
  const hostsNode = child(top, 'hosts');
  if (hostsNode?.kind !== 'map') return undefined;
  if (hostsNode.entries.length === 0) report.add('empty-inventory', 'the inventory has no host', hostsNode);
  const groups = readGroups(child(top, 'groups'), hostsNode, report);
  const graph = groupGraph(groups, saidGroups(hostsNode));
  if (graph.cycle) reportCycle(graph.cycle, child(top, 'groups') ?? top, groups, report);
  const values = resolveValues(
    hostsNode,
    child(top, 'groups'),
    graph,
    await varsFiles(at, cwd, hostsNode, groups, trees, report),
    report,
  );
  const inventory: Inventory = {
    path: at.path,
    hosts: new Map(
      hostsNode.entries.map((entry) => [
        entry.name,
        readHost(entry, at, home, { groups: child(top, 'groups'), graph, values }),
      ]),
    ),
    groups: graph.members,
    knownHosts: [join(at.folder, 'known_hosts')].filter((path) => at.path !== at.file && isFile(path)),
  };
  return { inventory, secrets: child(top, 'secrets'), folder: dirname(at.file), values };
}

async function varsFiles(
  at: InventoryPlace,
  cwd: string,
  hosts: MapNode,
  groups: ReadonlyMap<string, GroupSource>,
  trees: TreeStore,
  report: Report,
): Promise<{ readonly groups: readonly VarsFile[]; readonly hosts: readonly VarsFile[] }> {
  const hostNames = hosts.entries.map((entry) => entry.name);
  return {
    groups: await readVarsFolder(
      join(at.folder, 'group_vars'),
      'group',
      ['all', ...groups.keys()],
      cwd,
      trees,
      report,
    ),
    hosts: await readVarsFolder(join(at.folder, 'host_vars'), 'host', hostNames, cwd, trees, report),
  };
}

function saidGroups(hosts: MapNode): ReadonlyMap<string, readonly string[]> {
  return new Map(
    hosts.entries.map((entry) => [
      entry.name,
      listOf(child(entry.value, 'groups')).flatMap((item) => textOf(item) ?? []),
    ]),
  );
}

/** All groups: those under `groups:` and those that only hosts name. Names that are nowhere are reported. */
function readGroups(
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
      hosts: named(child(value, 'hosts')),
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
      if (groups.has(name)) continue;
      const hint = names.has(name) ? 'it is a host: name it under hosts:' : didYouMean(name, groups.keys());
      report.add('unknown-group', `no group "${name}"`, item, hint);
    }
    for (const [name, item] of group.hosts) {
      if (!names.has(name)) report.add('unknown-host', `no host "${name}"`, item, didYouMean(name, names));
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

function named(node: Node | undefined): ReadonlyMap<string, Node> {
  return new Map(
    listOf(node).flatMap((item) => (textOf(item) === undefined ? [] : [[textOf(item) ?? '', item]])),
  );
}

function reportCycle(
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
