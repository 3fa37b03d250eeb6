/** Where an inventory comes from: a file in YAML, a module in TypeScript, or a program that prints it. */
import { refuseIni } from '../source/ansible.ts';
import type { Node } from '../source/node.ts';
import { readSource, shownPath } from '../source/read.ts';
import type { Report } from '../source/report.ts';
import type { InventoryPlace } from '../source/root.ts';
import type { TreeStore } from '../source/tree.ts';
import { valueTree } from '../source/value-tree.ts';

/** What loading an inventory needs to know of the world. */
export interface InventoryWorld {
  readonly cwd: string;
  readonly home: string;
  readonly root: string;
  readonly engineUrl: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly trees: TreeStore;
}

/** The tree of the whole inventory; undefined when there is none (reported). */
export async function inventorySource(
  at: InventoryPlace,
  world: InventoryWorld,
  report: Report,
): Promise<Node | undefined> {
  if (at.kind === 'yaml') return readFile(at.file, world, report);
  const value = await world.trees.disk.made(at.file, async () =>
    at.kind === 'module'
      ? (await import('./inventory-module.ts')).moduleInventory(at.file, world, report)
      : (await import('./inventory-program.ts')).programInventory(at.file, world, report),
  );
  if (value === undefined) return undefined;
  const { root, faults } = valueTree(at.file, shownPath(at.file, world.cwd), value);
  for (const { node, message } of faults) {
    report.add('inventory-value', message, node, 'an inventory is plain data: texts, numbers, lists, maps');
  }
  return faults.length === 0 ? root : undefined;
}

async function readFile(
  path: string,
  { cwd, trees }: InventoryWorld,
  report: Report,
): Promise<Node | undefined> {
  const file = readSource(path, cwd, report, undefined, trees.disk);
  if (!file) return undefined;
  const before = report.size;
  if (refuseIni(file, report)) return undefined;
  const top = await trees.parse(file, report);
  if (!top && report.size === before)
    report.add('empty-inventory', 'the inventory is empty', { file, start: 0, end: 0 });
  return top;
}
