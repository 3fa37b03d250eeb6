/** The files that may hold an inventory: YAML, a module in TypeScript, a program that prints it. */
import { accessSync, constants } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { entries, isFile, isFolder } from './read.ts';

export type InventoryKind = 'yaml' | 'module' | 'program';

const YAML = ['.yaml', '.yml'];
const MODULES = ['.ts', '.mts'];
const TEXTS = [...YAML, '.json', '.ini', '.cfg', '.md', '.txt', '.d.ts'];

/** What the file is by its name and, where that says nothing, by whether it may be run. */
export function inventoryKind(file: string): InventoryKind {
  if (ends(file, TEXTS)) return 'yaml';
  if (ends(file, MODULES)) return 'module';
  return mayRun(file) ? 'program' : 'yaml';
}

/**
 * Every file that the name of an inventory may mean: itself, with an ending, or `hosts` within the folder. `made`: with
 * the endings of modules and programs, too. Elsewhere than among inventories a `prod.sh` may be anything, and is not run.
 */
export function inventoryFiles(base: string, made: boolean): readonly string[] {
  if (isFile(base)) return [base];
  const inside = isFolder(base) ? withEnding(join(base, 'hosts')) : [];
  return [...inside, ...withEnding(base).filter((path) => made || !isMade(path))];
}

function withEnding(base: string): readonly string[] {
  const name = basename(base);
  return entries(dirname(base))
    .filter(
      (each) => each === name || (each.startsWith(`${name}.`) && !each.slice(name.length + 1).includes('.')),
    )
    .map((each) => join(dirname(base), each))
    .filter((path) => isFile(path) && (ends(path, YAML) || isMade(path)));
}

/** The names by which inventories of a folder are called, sorted. */
export function inventoryNames(folder: string): readonly string[] {
  const names = entries(folder).flatMap((entry) => {
    const path = join(folder, entry);
    if (isFolder(path)) return withEnding(join(path, 'hosts')).length > 0 ? [entry] : [];
    return ends(path, YAML) || isMade(path) ? [entry.replace(/\.[^.]*$/, '')] : [];
  });
  return [...new Set(names)].sort();
}

/** Those that lie in the folder itself. */
export function inventoryFilesIn(folder: string): readonly string[] {
  return entries(folder)
    .map((name) => join(folder, name))
    .filter((path) => isFile(path) && (ends(path, YAML) || isMade(path)));
}

function isMade(path: string): boolean {
  return inventoryKind(path) !== 'yaml';
}

function ends(path: string, endings: readonly string[]): boolean {
  return endings.some((ending) => path.endsWith(ending));
}

function mayRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return isFile(file);
  } catch {
    return false;
  }
}
