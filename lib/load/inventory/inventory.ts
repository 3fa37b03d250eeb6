/** An inventory from its files: hosts, groups and values, resolved, with every fault reported. */
import { dirname, join } from 'node:path';
import type { Inventory } from '../../model/inventory.ts';
import { checkShape } from '../schema/shape.ts';
import { refuseAnsibleInventory } from '../source/ansible.ts';
import { hushInventory } from '../source/echo.ts';
import { child, type Node } from '../source/node.ts';
import { isFile } from '../source/read.ts';
import type { Report } from '../source/report.ts';
import type { InventoryPlace } from '../source/root.ts';
import { expandHosts } from './expand-host.ts';
import { type GroupSource, groupGraph } from './group.ts';
import { readGroups, reportCycle, saidGroups } from './group-source.ts';
import { readHost } from './inventory-host.ts';
import { INVENTORY_KEYS, INVENTORY_SCHEMA } from './inventory-schema.ts';
import { type InventoryWorld, inventorySource } from './inventory-source.ts';
import { type HostValues, resolveValues } from './value.ts';
import { readVarsFolder } from './vars-folder.ts';

export interface LoadedInventory {
  readonly inventory: Inventory;
  /** The node under `secrets:`, if any. */
  readonly secrets: Node | undefined;
  readonly folder: string;
  /** Where each host's values come from. */
  readonly values: ReadonlyMap<string, HostValues>;
  /** The entries of hosts, ranges written out. */
  readonly entries: ReadonlyMap<string, Node>;
  /** The node under `groups:`, if any. */
  readonly groupsNode: Node | undefined;
  readonly groups: ReadonlyMap<string, GroupSource>;
}

/** What a runbook alone is checked against: no host, and no group but `all`. */
export function noInventory(root: string): LoadedInventory {
  const inventory: Inventory = {
    path: root,
    hosts: new Map(),
    groups: new Map([['all', []]]),
    knownHosts: [],
  };
  const none = { values: new Map(), entries: new Map(), groupsNode: undefined, groups: new Map() };
  return { inventory, secrets: undefined, folder: root, ...none };
}

/** Undefined when the file is too broken for anything that rests on it to be checked. */
export async function loadInventory(
  at: InventoryPlace,
  world: InventoryWorld,
  report: Report,
): Promise<LoadedInventory | undefined> {
  const { cwd, home, trees } = world;
  const top = await inventorySource(at, world, report);
  if (!top) return undefined;
  if (refuseAnsibleInventory(top, report)) return undefined;
  if (!checkShape(INVENTORY_SCHEMA, top, report, 'an inventory')) hushInventory(top, INVENTORY_KEYS, report);
  const written = child(top, 'hosts');
  if (written?.kind !== 'map') return undefined;
  if (written.entries.length === 0) report.add('empty-inventory', 'the inventory has no host', written);
  const hostsNode = expandHosts(written, report);
  const groups = readGroups(child(top, 'groups'), hostsNode, report);
  const graph = groupGraph(groups, saidGroups(hostsNode));
  if (graph.cycle) reportCycle(graph.cycle, child(top, 'groups') ?? top, groups, report);
  const names = {
    groups: new Set(['all', ...groups.keys()]),
    hosts: new Set(hostsNode.entries.map((entry) => entry.name)),
  };
  const files = {
    groups: await readVarsFolder('group', { at, cwd, trees, ...names }, report),
    hosts: await readVarsFolder('host', { at, cwd, trees, ...names }, report),
  };
  const values = resolveValues(hostsNode, child(top, 'groups'), graph, files, report);
  const inventory: Inventory = {
    path: at.path,
    hosts: new Map(
      hostsNode.entries.map((entry) => [
        entry.name,
        readHost(entry, at, home, { groups: child(top, 'groups'), graph, values }),
      ]),
    ),
    groups: graph.members,
    knownHosts: [join(at.folder, 'known_hosts')].filter(
      (path) => at.path === at.folder && isFile(path, trees.disk),
    ),
  };
  return {
    inventory,
    secrets: child(top, 'secrets'),
    folder: dirname(at.file),
    values,
    entries: new Map(hostsNode.entries.map(({ name, value }) => [name, value])),
    groupsNode: child(top, 'groups'),
    groups,
  };
}
