/** group_vars/ and host_vars/: one file of bare variables per group or host. */
import { join } from 'node:path';
import type { Place } from '../../base/problem.ts';
import { didYouMean } from '../../base/suggest.ts';
import { checkShape } from '../schema/shape.ts';
import type { Disk } from '../source/disk.ts';
import { inventoryFilesIn } from '../source/inventory-file.ts';
import type { Node } from '../source/node.ts';
import { entries, isFolder, readSource, shownPath } from '../source/read.ts';
import type { Report } from '../source/report.ts';
import type { InventoryPlace } from '../source/root.ts';
import type { TreeStore } from '../source/tree.ts';
import { nameRange } from './host-range.ts';
import { VARS } from './inventory-schema.ts';

export interface VarsWorld {
  readonly at: InventoryPlace;
  readonly cwd: string;
  readonly trees: TreeStore;
  readonly groups: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
}

/** What stands in the files, by the name of the group or host. */
export async function readVarsFolder(
  what: 'group' | 'host',
  world: VarsWorld,
  report: Report,
): Promise<ReadonlyMap<string, Node>> {
  const found = new Map<string, Node>();
  const taken = new Map<string, string>();
  const { disk } = world.trees;
  const folder = join(world.at.folder, `${what}_vars`);
  for (const entry of [...entries(folder, disk)].sort()) {
    if (entry.startsWith('.') || entry.endsWith('~')) continue;
    const name = entry.replace(/\.ya?ml$/, '');
    const path = join(folder, entry);
    const at = { file: shownPath(path, world.cwd), line: 1, col: 1 };
    const before = taken.get(name);
    if (name === entry || isFolder(path, disk)) {
      const odd = isFolder(path, disk) ? 'a folder' : 'not a .yaml file';
      report.add('stray-file', `${what}_vars/${entry} is ${odd}`, at, `write ${what}_vars/${name}.yaml`);
    } else if (before !== undefined) {
      const message = `${what}_vars/${entry} stands beside ${before}`;
      report.add('duplicate-vars-file', message, at, 'keep one of them');
    } else {
      taken.set(name, entry);
      const known = world[`${what}s`].has(name);
      if (!known && !isOfAnother(name, world.at, disk)) tellUnknown(name, what, at, world, report);
      const node = await readVars(path, world, report);
      if (node && known) found.set(name, node);
    }
  }
  return found;
}

function tellUnknown(
  name: string,
  what: 'group' | 'host',
  at: Place,
  { groups, hosts }: VarsWorld,
  report: Report,
): void {
  const [known, others, other] = what === 'group' ? [groups, hosts, 'host'] : [hosts, groups, 'group'];
  const hint = others.has(name)
    ? `it is a ${other}: move the file to ${other}_vars/`
    : didYouMean(name, known);
  report.add(`unknown-${what}`, `no ${what} "${name}" has these variables`, at, hint);
}

/** Inventories of one file each may lie side by side and share the folders: then each knows its own names alone. */
function isOfAnother(name: string, at: InventoryPlace, disk: Disk): boolean {
  if (at.path === at.folder) return false;
  const others = inventoryFilesIn(at.folder, disk).filter((path) => path !== at.file);
  return others.some((path) => namesIn(disk.bytes(path).toString('utf8')).has(name));
}

/** Every word that may name a host or a group, ranges written out. */
function namesIn(text: string): ReadonlySet<string> {
  const words = text.match(/(?:[\w.-]|\[\w+:\w+(?::\d+)?\])+/g) ?? [];
  return new Set(
    words.flatMap((word) => {
      const range = nameRange(word);
      return range && 'texts' in range ? range.texts() : [word];
    }),
  );
}

async function readVars(path: string, { cwd, trees }: VarsWorld, report: Report): Promise<Node | undefined> {
  const file = readSource(path, cwd, report, undefined, trees.disk);
  const node = file && (await trees.parse(file, report));
  return node && checkShape(VARS, node, report) ? node : undefined;
}
