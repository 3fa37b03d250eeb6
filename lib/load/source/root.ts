/** Finds the project's root, the runbook's file and the inventory's; a name that is nowhere gets a suggestion. */
import { basename, dirname, join, resolve } from 'node:path';
import { RunError } from '../../base/error.ts';
import { didYouMean } from '../../base/suggest.ts';
import { DISK, type Disk } from './disk.ts';
import { type InventoryKind, inventoryFiles, inventoryKind, inventoryNames } from './inventory-file.ts';
import { entries, isFile, isFolder, shownPath } from './read.ts';

const ENDINGS = ['.yaml', '.yml'];

/** The nearest folder at or above `from` that holds `runbooks/` or `run.yaml`; undefined when there is none. */
export function findRoot(from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    if (isFolder(join(folder, 'runbooks')) || isFile(join(folder, 'run.yaml'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Names of the runbooks of a root, sorted: for suggestions and completion. */
export function findRunbooks(root: string): readonly string[] {
  return yamlNames(join(root, 'runbooks'));
}

/** Names of the inventories of a root, sorted: files and folders of `<root>/inventory`. */
export function findInventories(root: string): readonly string[] {
  return inventoryNames(join(root, 'inventory'));
}

export interface Located {
  readonly root: string;
  /** Absolute path of the runbook's file. */
  readonly runbook: string;
}

/** Throws RunError `invalid` when there is no such runbook. */
export function locateRunbook(
  name: string,
  cwd: string,
  project: string | undefined,
  disk: Disk = DISK,
): Located {
  const given = resolve(cwd, name);
  const root = project === undefined ? undefined : resolve(cwd, project);
  if (root !== undefined && !isFolder(root)) {
    const message = `--project ${project}: no such folder`;
    const hint = 'name the folder that holds runbooks/';
    throw new RunError('invalid', message, { hint, problems: [{ code: 'no-project', message, hint }] });
  }
  const looksLikePath = name.includes('/') || ENDINGS.some((ending) => name.endsWith(ending));
  if (looksLikePath && isFile(given, disk)) {
    const folder = dirname(given);
    return { root: root ?? findRoot(folder) ?? folder, runbook: given };
  }
  const home = root ?? findRoot(cwd);
  for (const ending of home === undefined ? [] : ['', ...ENDINGS]) {
    const path = join(home ?? '', 'runbooks', name + ending);
    if (ENDINGS.some((each) => path.endsWith(each)) && isFile(path, disk))
      return { root: home ?? '', runbook: path };
  }
  throw noRunbook(name, cwd, home);
}

function noRunbook(name: string, cwd: string, root: string | undefined): RunError {
  const message =
    root === undefined
      ? `no runbook "${name}": no folder runbooks/ here or above`
      : `no runbook "${name}" in ${shownPath(join(root, 'runbooks'), cwd)}`;
  const hint =
    (root === undefined ? undefined : didYouMean(name, findRunbooks(root))) ??
    'name one of runbooks/ or give the path of its file';
  return new RunError('invalid', message, { hint, problems: [{ code: 'no-runbook', message, hint }] });
}

export interface InventoryPlace {
  /** Absolute: the folder, or the file when it stands alone. */
  readonly path: string;
  readonly file: string;
  readonly kind: InventoryKind;
  /** Where group_vars/, host_vars/ and known_hosts lie. */
  readonly folder: string;
}

/** Throws RunError `invalid` when there is no such inventory. */
export function locateInventory(name: string, cwd: string, root: string, disk: Disk = DISK): InventoryPlace {
  if (name === '') {
    const names = findInventories(root);
    const message = 'which inventory?';
    const hint = `run <runbook> <inventory>${names.length > 0 ? `; known: ${names.join(', ')}` : ''}`;
    throw new RunError('invalid', message, { hint, problems: [{ code: 'no-inventory', message, hint }] });
  }
  const candidates = [resolve(cwd, name), resolve(root, name), join(root, 'inventory', name)];
  for (const base of candidates) {
    const [file, other] = inventoryFiles(base, dirname(base) === join(root, 'inventory'), disk);
    if (file !== undefined && other !== undefined) throw twoInventories(name, file, other, cwd);
    if (file === undefined) continue;
    // `prod/hosts.yaml` is the folder, however it is called.
    const folder = dirname(file);
    const whole = /^hosts(\.[^.]*)?$/.test(basename(file));
    return { path: whole ? folder : file, file, kind: inventoryKind(file, disk), folder };
  }
  const folder = candidates.find((path) => isFolder(path, disk));
  const message = folder ? `${shownPath(folder, cwd)} holds no hosts.yaml` : `no inventory "${name}"`;
  const names = findInventories(root);
  const bare = name.replace(/^.*\//, '');
  const near = didYouMean(bare, names);
  const hint = near ?? 'give the path of an inventory: a file, or a folder with a hosts.yaml';
  throw new RunError('invalid', message, { hint, problems: [{ code: 'no-inventory', message, hint }] });
}

function twoInventories(name: string, file: string, other: string, cwd: string): RunError {
  const message = `"${name}" may be ${shownPath(file, cwd)} or ${shownPath(other, cwd)}`;
  const hint = 'name the one that is meant, or take the other away';
  return new RunError('invalid', message, {
    hint,
    problems: [{ code: 'ambiguous-inventory', message, hint }],
  });
}

function yamlNames(folder: string): readonly string[] {
  return entries(folder)
    .filter((name) => ENDINGS.some((ending) => name.endsWith(ending)))
    .map((name) => name.replace(/\.ya?ml$/, ''))
    .sort();
}
