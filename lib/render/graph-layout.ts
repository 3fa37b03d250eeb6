/** Places for a drawing of a graph: layers from top to bottom, long edges led past what stands between. */
import type { Graph, GraphEdge, GraphNode } from '../model/graph.ts';
import { layersOf } from './graph-layer.ts';
import { alignRows, type Cell, sortRows } from './graph-row.ts';

export interface Box {
  readonly node: GraphNode;
  /** Middle and size, in pixels. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly edge: GraphEdge;
  /** From the lower rim of the one box to the upper rim of the other; the ends of vertical pieces between. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Layout {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  readonly width: number;
  readonly height: number;
}

export const BOX_HEIGHT = 46;
const GAP = 44;
const LETTER = 7.6;

export function layOut(graph: Graph): Layout {
  const layers = layersOf(graph);
  const rows: Cell[][] = [];
  const cells = new Map<string, Cell>();
  const add = (row: number, cell: Omit<Cell, 'before' | 'after' | 'x'>): Cell => {
    const made: Cell = { ...cell, x: 0, before: [], after: [] };
    while (rows.length <= row) rows.push([]);
    rows[row]?.push(made);
    return made;
  };
  const lanes = new Map(
    [...new Set(graph.nodes.flatMap(({ host }) => host ?? []))].map((host, lane) => [host, lane]),
  );
  for (const node of graph.nodes) {
    const width = Math.max(90, Math.max(node.title.length * LETTER, node.detail.length * 6.4) + 28);
    cells.set(node.id, add(layers.get(node.id) ?? 0, { width, lane: lanes.get(node.host ?? '') ?? 0 }));
  }
  const chains = graph.edges.map((edge) => chain(edge));
  sortRows(rows);
  const width = alignRows(rows);
  const y = (row: number): number => row * (BOX_HEIGHT + GAP) + BOX_HEIGHT / 2;
  const boxes = graph.nodes.flatMap((node): Box[] => {
    const cell = cells.get(node.id);
    return cell
      ? [{ node, x: cell.x, y: y(layers.get(node.id) ?? 0), width: cell.width, height: BOX_HEIGHT }]
      : [];
  });
  const lines = graph.edges.map((edge, index) => ({ edge, points: points(edge, chains[index] ?? []) }));
  return { boxes, lines, width, height: rows.length * (BOX_HEIGHT + GAP) - GAP };

  /** A place of its own in each layer between. */
  function chain({ from, to }: GraphEdge): readonly Cell[] {
    const [top, bottom] = [cells.get(from), cells.get(to)];
    if (!top || !bottom) return [];
    const first = (layers.get(from) ?? 0) + 1;
    const last = layers.get(to) ?? 0;
    const between = Array.from({ length: Math.max(0, last - first) }, (_, index) =>
      add(first + index, { width: 10, lane: bottom.lane }),
    );
    const way = [top, ...between, bottom];
    for (const [index, cell] of way.entries()) {
      const next = way[index + 1];
      if (!next || last < first) continue;
      cell.after.push(next);
      next.before.push(cell);
    }
    return between;
  }

  function points({ from, to }: GraphEdge, between: readonly Cell[]): readonly (readonly [number, number])[] {
    const [top, bottom] = [cells.get(from), cells.get(to)];
    const row = layers.get(from) ?? 0;
    const half = BOX_HEIGHT / 2;
    const way = between.flatMap((cell, index): [number, number][] => {
      const middle = y(row + 1 + index);
      return [
        [cell.x, middle - half],
        [cell.x, middle + half],
      ];
    });
    return [[top?.x ?? 0, y(row) + half], ...way, [bottom?.x ?? 0, y(layers.get(to) ?? 0) - half]];
  }
}
