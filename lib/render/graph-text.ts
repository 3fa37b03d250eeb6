/** A graph as text: layer by layer, each step with what it waits for. */
import type { EdgeKind, Graph, GraphEdge, GraphNode } from '../model/graph.ts';
import { layersOf } from './graph-layer.ts';

const WORDS: Readonly<Record<EdgeKind, string>> = {
  needs: 'needs',
  uses: 'uses',
  order: 'after',
  notifies: 'notified by',
};

/** Steps that have the same number can be done at the same time. */
export function graphText(graph: Graph): string {
  const layers = layersOf(graph);
  const into = new Map<string, GraphEdge[]>();
  for (const edge of graph.edges) into.set(edge.to, [...(into.get(edge.to) ?? []), edge]);
  const rows = graph.nodes
    .map((node) => ({ node, layer: layers.get(node.id) ?? 0 }))
    .sort((a, b) => a.layer - b.layer)
    .map(({ node, layer }, index, all) => ({
      number: all[index - 1]?.layer === layer ? '' : String(layer + 1),
      name: node.host === undefined ? node.title : `${node.host}  ${node.title}`,
      detail: node.detail,
      waits: waits(node, into.get(node.id) ?? []),
    }));
  const number = Math.max(0, ...rows.map((row) => row.number.length));
  const name = Math.max(0, ...rows.map((row) => row.name.length));
  const detail = Math.max(0, ...rows.map((row) => row.detail.length));
  const lines = rows.map((row) =>
    `${row.number.padStart(number)}  ${row.name.padEnd(name)}  ${row.detail.padEnd(detail)}  ${row.waits}`.trimEnd(),
  );
  return `${graph.title}\n${lines.join('\n')}\n`;
}

function waits(node: GraphNode, edges: readonly GraphEdge[]): string {
  const parts = (Object.keys(WORDS) as EdgeKind[]).flatMap((kind) => {
    const names = edges
      .filter((edge) => edge.kind === kind)
      .map((edge) => `${shown(edge.from, node)}${edge.label}`);
    return names.length === 0 ? [] : `${WORDS[kind]} ${listed(names)}`;
  });
  return parts.length === 0 ? '' : `← ${parts.join('; ')}`;
}

/** Steps of the same host go by their names. */
function shown(from: string, { host }: GraphNode): string {
  return host !== undefined && from.endsWith(` on ${host}`) ? from.slice(0, -` on ${host}`.length) : from;
}

function listed(names: readonly string[]): string {
  const most = 8;
  return names.length <= most
    ? names.join(', ')
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
