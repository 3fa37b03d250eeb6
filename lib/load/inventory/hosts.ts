/** An inventory and the hosts of it that are meant, without a runbook. */
import { invalid } from '../../base/error.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { LoadInput } from '../source/input.ts';
import { createReport } from '../source/report.ts';
import { locateInventory } from '../source/root.ts';
import { openTrees } from '../source/tree.ts';
import { type LoadedInventory, loadInventory } from './inventory.ts';
import { limitHosts } from './limit.ts';

export type HostsInput = Pick<LoadInput, 'inventory' | 'limit' | 'cwd' | 'home' | 'engineUrl' | 'env'>;

export interface ChosenHosts {
  readonly inventory: Inventory;
  /** With where everything comes from. */
  readonly loaded: LoadedInventory;
  /** In the order of the inventory. */
  readonly limit: ReadonlySet<string>;
}

/** Throws RunError `invalid` with every problem of the inventory and of --limit. */
export async function loadHosts(root: string, input: HostsInput): Promise<ChosenHosts> {
  const report = createReport();
  const { limit, cwd } = input;
  const at = locateInventory(input.inventory, cwd, root);
  const loaded = await loadInventory(at, { ...input, root, trees: openTrees(root) }, report);
  if (!loaded) throw invalid(report.problems());
  const { inventory } = loaded;
  const all = [...inventory.hosts.keys()];
  const hosts = limitHosts(limit, all, { hosts: all, groups: inventory.groups }, cwd, report);
  if (report.size > 0) throw invalid(report.problems());
  return { inventory, loaded, limit: hosts };
}
