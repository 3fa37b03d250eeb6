/** Source trees of YAML files, kept by content below `<root>/.run/cache`: reading one again needs no YAML library. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DISK, type Disk } from './disk.ts';
import type { Node, ScalarNode, ScalarValue, SourceFile } from './node.ts';
import type { Report } from './report.ts';

export interface TreeStore {
  /** As parseYaml does it; only trees without a fault are kept. */
  parse(file: SourceFile, report: Report): Promise<Node | undefined>;
  /** Where the files come from. */
  readonly disk: Disk;
}

/** A store in the project's cache folder; where that cannot be written, every file is simply parsed. */
export function openTrees(root: string, disk: Disk = DISK): TreeStore {
  return {
    disk,
    async parse(file, report) {
      report.source(file);
      if (!disk.keeps) return (await import('./yaml.ts')).parseYaml(file, report);
      const sum = createHash('sha256').update(`${FORMAT}\0${file.text}`).digest('hex');
      const path = join(root, '.run', 'cache', `tree-${digest(file.path).slice(0, 24)}.json`);
      const kept = readKept(path, sum, file);
      if (kept) return kept;
      const before = report.size;
      const { parseYaml } = await import('./yaml.ts');
      const node = parseYaml(file, report);
      if (node && report.size === before) keep(root, path, { sum, tree: pack(node) });
      return node;
    },
  };
}

const FORMAT = '1';

type Packed =
  | readonly [kind: 0, start: number, end: number, value: ScalarValue, style: ScalarNode['style']]
  | readonly [kind: 1, start: number, end: number, items: readonly Packed[]]
  | readonly [kind: 2, start: number, end: number, entries: readonly PackedEntry[]];
type PackedEntry = readonly [name: string, start: number, end: number, value: Packed];

function pack(node: Node): Packed {
  const { start, end } = node;
  if (node.kind === 'scalar') return [0, start, end, node.value, node.style];
  if (node.kind === 'list') return [1, start, end, node.items.map(pack)];
  return [2, start, end, node.entries.map(({ name, key, value }) => [name, key.start, key.end, pack(value)])];
}

function unpack(packed: Packed, file: SourceFile): Node {
  const [, start, end] = packed;
  if (packed[0] === 0) return { kind: 'scalar', file, start, end, value: packed[3], style: packed[4] };
  if (packed[0] === 1) {
    return { kind: 'list', file, start, end, items: packed[3].map((item) => unpack(item, file)) };
  }
  const entries = packed[3].map(([name, from, to, value]) => ({
    name,
    key: { file, start: from, end: to },
    value: unpack(value, file),
  }));
  return { kind: 'map', file, start, end, entries };
}

function readKept(path: string, sum: string, file: SourceFile): Node | undefined {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { readonly sum: string; readonly tree: Packed };
    return kept.sum === sum ? unpack(kept.tree, file) : undefined;
  } catch {
    return undefined;
  }
}

/** For its owner's eyes only, as a runbook may hold what others should not read. A failure costs time, nothing else. */
function keep(root: string, path: string, content: object): void {
  try {
    openCache(root);
    const beside = `${path}.${digest(`${path}${performance.now()}`).slice(0, 8)}`;
    writeFileSync(beside, JSON.stringify(content), { mode: 0o600 });
    renameSync(beside, path);
  } catch {
    // A read-only project is loaded all the same.
  }
}

/** The folder for what can be made again; `.run/` ignores itself in git. */
export function openCache(root: string): string {
  const folder = join(root, '.run', 'cache');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ignore = join(root, '.run', '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  return folder;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
