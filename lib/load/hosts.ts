/** An inventory and the hosts of it that are meant, without a runbook. */
import { invalid } from '../base/error.ts';
import type { Inventory } from '../model/inventory.ts';
import type { LoadInput } from './input.ts';
import { loadInventory } from './inventory.ts';
import { limitHosts } from './limit.ts';
import { createReport } from './report.ts';
import { locateInventory } from './root.ts';
import { openTrees } from './tree.ts';

export interface ChosenHosts {
  readonly inventory: Inventory;
  /** In the order of the inventory. */
  readonly limit: ReadonlySet<string>;
}

/** Throws RunError `invalid` with every problem of the inventory and of --limit. */
export async function loadHosts(
  root: string,
  { inventory: name, limit, cwd, home }: Pick<LoadInput, 'inventory' | 'limit' | 'cwd' | 'home'>,
): Promise<ChosenHosts> {
  const report = createReport();
  const at = locateInventory(name, cwd, root);
  const loaded = await loadInventory(at, cwd, home, openTrees(root), report);
  if (!loaded) throw invalid(report.problems());
  const { inventory } = loaded;
  const all = [...inventory.hosts.keys()];
  const hosts = limitHosts(limit, all, { hosts: all, groups: inventory.groups }, cwd, report);
  if (report.size > 0) throw invalid(report.problems());
  return { inventory, limit: hosts };
}
