/** A graph in the language of Graphviz. */
import type { EdgeKind, Graph, GraphEdge, GraphNode } from '../model/graph.ts';

export function graphDot({ title, nodes, edges }: Graph): string {
  const hosts = [...new Set(nodes.flatMap(({ host }) => host ?? []))];
  const lines = [
    `digraph ${quoted(title)} {`,
    `  label=${quoted(title)}; labelloc=t; fontname="sans-serif";`,
    '  node [shape=box, style=rounded, fontname="sans-serif"]; edge [fontname="sans-serif", fontsize=10];',
    ...(hosts.length === 0 ? nodes.map((node) => `  ${box(node)}`) : []),
    ...hosts.flatMap((host, index) => [
      `  subgraph cluster_${index} {`,
      `    label=${quoted(host)};`,
      ...nodes.filter((node) => node.host === host).map((node) => `    ${box(node)}`),
      '  }',
    ]),
    ...edges.map((edge) => `  ${arrow(edge)}`),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function box({ id, title, detail, kind }: GraphNode): string {
  return `${quoted(id)} [label=${quoted(`${title}\n${detail}`)}${kind === 'handler' ? ', style="rounded,dashed"' : ''}];`;
}

const LINES: Readonly<Record<EdgeKind, string>> = {
  needs: 'penwidth=1.6',
  uses: 'penwidth=1',
  order: 'penwidth=0.6, style=dashed',
  notifies: 'penwidth=1, style=dotted',
};

function arrow({ from, to, kind, label }: GraphEdge): string {
  const text = label === '' ? '' : `, label=${quoted(label)}`;
  return `${quoted(from)} -> ${quoted(to)} [${LINES[kind]}${text}];`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
