/** The files that a runbook imports, and those that these import: read and checked before anything is made of them. */
import { dirname, resolve } from 'node:path';
import { formatPlace } from '../../base/problem.ts';
import { refusePlaybook } from '../source/ansible.ts';
import { child, entryOf, listOf, type MapNode, type Node, placeOf, textOf } from '../source/node.ts';
import { readSource } from '../source/read.ts';
import type { Report } from '../source/report.ts';
import type { TreeStore } from '../source/tree.ts';
import type { TaskNames } from './bare-task.ts';
import { checkImported } from './runbook-shape.ts';

/** A file that was read. */
export interface Imported {
  readonly top: MapNode;
  readonly path: string;
}

/** By the entries that say `import`, of all files; those that cannot be used are missing, and reported. */
export type Imports = ReadonlyMap<MapNode, Imported>;

interface Reading {
  readonly cwd: string;
  readonly tasks: TaskNames;
  readonly trees: TreeStore;
  readonly report: Report;
  readonly found: Map<MapNode, Imported>;
  /** By path: a file that is imported twice is read once. */
  readonly files: Map<string, MapNode | undefined>;
}

/** One import after the other: from the runbook to the file that is being read. */
type Way = readonly { readonly path: string; readonly by: Node | undefined }[];

export async function readImports(
  top: MapNode,
  path: string,
  cwd: string,
  tasks: TaskNames,
  trees: TreeStore,
  report: Report,
): Promise<Imports> {
  const reading: Reading = { cwd, tasks, trees, report, found: new Map(), files: new Map() };
  await readBelow(top, [{ path, by: undefined }], reading);
  return reading.found;
}

async function readBelow(top: MapNode, way: Way, reading: Reading): Promise<void> {
  for (const entry of importEntries(child(top, 'steps'))) {
    const said = child(entry, 'import');
    const name = textOf(said);
    const here = way.at(-1)?.path;
    if (said === undefined || name === undefined || here === undefined || name.includes('${{')) continue;
    const path = resolve(dirname(here), name);
    if (refuseRing(path, said, way, reading.report)) continue;
    const imported = await readOne(path, said, reading);
    if (!imported) continue;
    reading.found.set(entry, { top: imported, path });
    await readBelow(imported, [...way, { path, by: said }], reading);
  }
}

/** Entries that import, those in groups included. */
export function importEntries(list: Node | undefined): readonly MapNode[] {
  return listOf(list).flatMap((node): readonly MapNode[] => {
    if (node.kind !== 'map') return [];
    if (entryOf(node, 'import')) return [node];
    return entryOf(node, 'group') ? importEntries(child(node, 'steps')) : [];
  });
}

async function readOne(
  path: string,
  said: Node,
  { cwd, tasks, trees, report, files }: Reading,
): Promise<MapNode | undefined> {
  if (files.has(path)) return files.get(path);
  const file = readSource(path, cwd, report, said, trees.disk);
  const before = report.size;
  const top = file && (await trees.parse(file, report));
  if (file && !top && report.size === before)
    report.add('empty-runbook', 'the runbook is empty', { file, start: 0, end: 0 });
  const usable = top?.kind === 'map' && !refusePlaybook(top, report) ? top : undefined;
  if (top && usable === undefined && report.size === before) checkImported(top, tasks, report);
  if (usable) checkImported(usable, tasks, report);
  files.set(path, usable);
  return usable;
}

function refuseRing(path: string, said: Node, way: Way, report: Report): boolean {
  const at = way.findIndex((each) => each.path === path);
  if (at === -1) return false;
  const places = [...way.slice(at + 1).flatMap(({ by }) => by ?? []), said].map(
    (by) => `${textOf(by)} (${formatPlace(placeOf(by))})`,
  );
  const message = `runbooks import each other: ${places.join(' → ')}`;
  report.add('import-cycle', message, said, 'take one of these imports out');
  return true;
}
