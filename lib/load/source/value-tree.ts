/** Source trees of values that no file holds: what a module or a program gave. Their places are keys. */
import type { Entry, Node, SourceFile } from './node.ts';

export interface ValueTree {
  readonly root: Node;
  readonly file: SourceFile;
  /** What cannot be data: a function, a date, a value within itself. */
  readonly faults: readonly { readonly node: Node; readonly message: string }[];
}

/** `name`: the file that gave the value, as shown to people. Keys of a map that are undefined count as left out. */
export function valueTree(path: string, name: string, value: unknown): ValueTree {
  // An offset is the number of a node: its key and the one above it tell the way.
  const keys: (string | number)[] = [];
  const above: number[] = [];
  const keyPath = (offset: number): string => {
    let shown = '';
    for (let at = offset; at > 0; at = above[at] ?? 0) shown = step(keys[at]) + shown;
    return shown === '' ? '(as a whole)' : shown.replace(/^\./, '');
  };
  const file: SourceFile = { path, name, text: '', lineStarts: [0], keyPath };
  const faults: { readonly node: Node; readonly message: string }[] = [];
  const open = new Set<unknown>();

  const spot = (key: string | number, parent: number): { file: SourceFile; start: number; end: number } => {
    const start = keys.push(key) - 1;
    above.push(parent);
    return { file, start, end: start + 1 };
  };
  const make = (item: unknown, key: string | number, parent: number): Node => {
    const at = spot(key, parent);
    const none = (message: string): Node => {
      const node: Node = { kind: 'scalar', ...at, value: null, style: 'plain' };
      faults.push({ node, message });
      return node;
    };
    if (item === null || item === undefined)
      return { kind: 'scalar', ...at, end: at.start, value: null, style: 'plain' };
    if (typeof item === 'string') return { kind: 'scalar', ...at, value: item, style: 'quoted' };
    if (typeof item === 'boolean') return { kind: 'scalar', ...at, value: item, style: 'plain' };
    if (typeof item === 'number') {
      if (!Number.isFinite(item)) return none(`${item} is no number that can be written down`);
      return { kind: 'scalar', ...at, value: item, style: 'plain' };
    }
    if (typeof item !== 'object') return none(`a ${typeof item} is no data`);
    if (open.has(item)) return none('a value that contains itself');
    if (open.size > MAX_DEPTH) return none(`nested deeper than ${MAX_DEPTH} levels`);
    open.add(item);
    const node = Array.isArray(item) ? list(item, at) : map(item, at);
    open.delete(item);
    return node ?? none(`${Object.prototype.toString.call(item).slice(8, -1)} is no plain map`);
  };
  const list = (items: readonly unknown[], at: ReturnType<typeof spot>): Node => ({
    kind: 'list',
    ...at,
    items: items.map((item, index) => make(item, index, at.start)),
  });
  const map = (item: object, at: ReturnType<typeof spot>): Node | undefined => {
    const prototype: unknown = Object.getPrototypeOf(item);
    // A module that was loaded elsewhere has an Object of its own.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return undefined;
    const entries = Object.entries(item).flatMap(([name, inner]): readonly Entry[] => {
      if (inner === undefined) return [];
      const value = make(inner, name, at.start);
      return [{ name, key: { file, start: value.start, end: value.start + 1 }, value }];
    });
    return { kind: 'map', ...at, entries };
  };
  return { root: make(value, '', 0), file, faults };
}

function step(key: string | number | undefined): string {
  if (typeof key === 'number') return `[${key}]`;
  return /^[\w-]+$/.test(key ?? '') ? `.${key}` : `[${JSON.stringify(key)}]`;
}

const MAX_DEPTH = 100;
