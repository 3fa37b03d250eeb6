/** The tree of a YAML file as the loader sees it: maps, lists and scalars that know where they stand. */
import type { Place } from '../../base/problem.ts';

/** A text that was read: what places and excerpts are made from. */
export interface SourceFile {
  /** As shown to people: relative to the current folder where that is shorter. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lineStarts: readonly number[];
  /** The keys that an offset stands for, where the nodes are of values that no text holds. */
  keyPath?(offset: number): string;
}

interface Located {
  readonly file: SourceFile;
  /** Offsets into the file's text. */
  readonly start: number;
  readonly end: number;
}

export type ScalarValue = string | number | boolean | null;

export interface ScalarNode extends Located {
  readonly kind: 'scalar';
  readonly value: ScalarValue;
  readonly style: 'plain' | 'quoted' | 'block';
}

export interface Entry {
  readonly name: string;
  readonly key: Located;
  readonly value: Node;
}

export interface MapNode extends Located {
  readonly kind: 'map';
  readonly entries: readonly Entry[];
}

export interface ListNode extends Located {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

export type Node = ScalarNode | MapNode | ListNode;
export type Spot = Located;

/** A source file with its line table. */
export function sourceFile(path: string, name: string, text: string): SourceFile {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { name, path, text, lineStarts };
}

/** Line and column of an offset. */
export function placeAt(file: SourceFile, offset: number): Place {
  if (file.keyPath) return { file: file.name, line: 1, col: 1, path: file.keyPath(offset) };
  let low = 0;
  let high = file.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((file.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file: file.name, line: low + 1, col: offset - (file.lineStarts[low] ?? 0) + 1 };
}

export function placeOf(spot: Spot): Place {
  return placeAt(spot.file, spot.start);
}

/** The text of a line (1-based) without its line end. */
export function lineText(file: SourceFile, line: number): string {
  const start = file.lineStarts[line - 1] ?? 0;
  const end = file.lineStarts[line] ?? file.text.length + 1;
  return file.text.slice(start, end - 1).replace(/\r$/, '');
}

/** The characters as they stand in the file. */
export function rawText(spot: Spot): string {
  return spot.file.text.slice(spot.start, spot.end);
}

export function entryOf(node: Node | undefined, name: string): Entry | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.name === name) : undefined;
}

export function child(node: Node | undefined, name: string): Node | undefined {
  return entryOf(node, name)?.value;
}

/** The string of a scalar; undefined for anything else. */
export function textOf(node: Node | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

/** A scalar alone or the items of a list: what `hosts: web` and `hosts: [web]` have in common. */
export function listOf(node: Node | undefined): readonly Node[] {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return [];
  return node.kind === 'list' ? node.items : [node];
}

/** Plain data, with maps that have no prototype to stumble over. */
export function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  return record(node.entries.map((entry) => [entry.name, plain(entry.value)]));
}

/** A map from pairs in which `__proto__` is a name like any other. */
export function record(pairs: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  return Object.fromEntries(pairs);
}

/** Visits every scalar below, keys left out. */
export function eachScalar(node: Node, visit: (scalar: ScalarNode) => void): void {
  if (node.kind === 'scalar') visit(node);
  else if (node.kind === 'list') for (const item of node.items) eachScalar(item, visit);
  else for (const entry of node.entries) eachScalar(entry.value, visit);
}
