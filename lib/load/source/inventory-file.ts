/** The files that may hold an inventory: YAML, a module in TypeScript, a program that prints it. */
import { basename, dirname, join } from 'node:path';
import { DISK, type Disk } from './disk.ts';
import { entries, isFile, isFolder } from './read.ts';

export type InventoryKind = 'yaml' | 'module' | 'program';

const YAML = ['.yaml', '.yml'];
const MODULES = ['.ts', '.mts'];
const TEXTS = [...YAML, '.json', '.ini', '.cfg', '.md', '.txt', '.d.ts'];

/** What the file is by its name and, where that says nothing, by whether it may be run. */
export function inventoryKind(file: string, disk: Disk = DISK): InventoryKind {
  if (ends(file, TEXTS)) return 'yaml';
  if (ends(file, MODULES)) return 'module';
  return isFile(file, disk) && disk.mayRun(file) ? 'program' : 'yaml';
}

/**
 * Every file that the name of an inventory may mean: itself, with an ending, or `hosts` within the folder. `made`: with
 * the endings of modules and programs, too. Elsewhere than among inventories a `prod.sh` may be anything, and is not run.
 */
export function inventoryFiles(base: string, made: boolean, disk: Disk): readonly string[] {
  if (isFile(base, disk)) return [base];
  const inside = isFolder(base, disk) ? withEnding(join(base, 'hosts'), disk) : [];
  return [...inside, ...withEnding(base, disk).filter((path) => made || !isMade(path, disk))];
}

function withEnding(base: string, disk: Disk): readonly string[] {
  const name = basename(base);
  return entries(dirname(base), disk)
    .filter(
      (each) => each === name || (each.startsWith(`${name}.`) && !each.slice(name.length + 1).includes('.')),
    )
    .map((each) => join(dirname(base), each))
    .filter((path) => isFile(path, disk) && (ends(path, YAML) || isMade(path, disk)));
}

/** The names by which inventories of a folder are called, sorted. */
export function inventoryNames(folder: string): readonly string[] {
  const names = entries(folder).flatMap((entry) => {
    const path = join(folder, entry);
    if (isFolder(path)) return withEnding(join(path, 'hosts'), DISK).length > 0 ? [entry] : [];
    return ends(path, YAML) || isMade(path, DISK) ? [entry.replace(/\.[^.]*$/, '')] : [];
  });
  return [...new Set(names)].sort();
}

/** Those that lie in the folder itself. */
export function inventoryFilesIn(folder: string, disk: Disk): readonly string[] {
  return entries(folder, disk)
    .map((name) => join(folder, name))
    .filter((path) => isFile(path, disk) && (ends(path, YAML) || isMade(path, disk)));
}

function isMade(path: string, disk: Disk): boolean {
  return inventoryKind(path, disk) !== 'yaml';
}

function ends(path: string, endings: readonly string[]): boolean {
  return endings.some((ending) => path.endsWith(ending));
}
