/** A graph in Mermaid's language, which GitHub and GitLab draw in Markdown. */
import type { EdgeKind, Graph, GraphEdge, GraphNode } from '../model/graph.ts';

export function graphMermaid({ title, nodes, edges }: Graph): string {
  const numbers = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const hosts = [...new Set(nodes.flatMap(({ host }) => host ?? []))];
  const lines = [
    `---\ntitle: ${JSON.stringify(title)}\n---`,
    'flowchart TD',
    ...(hosts.length === 0 ? nodes.map((node) => `  ${box(node, numbers)}`) : []),
    ...hosts.flatMap((host, index) => [
      `  subgraph h${index}["${escaped(host)}"]`,
      ...nodes.filter((node) => node.host === host).map((node) => `    ${box(node, numbers)}`),
      '  end',
    ]),
    ...edges.map((edge) => `  ${arrow(edge, numbers)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function box({ id, title, detail, kind }: GraphNode, numbers: ReadonlyMap<string, string>): string {
  const text = `"<b>${escaped(title)}</b><br>${escaped(detail)}"`;
  return `${numbers.get(id)}${kind === 'handler' ? `([${text}])` : `[${text}]`}`;
}

const LINES: Readonly<Record<EdgeKind, string>> = {
  needs: '==>',
  uses: '-->',
  order: '-.->',
  notifies: '-.->',
};

function arrow({ from, to, kind, label }: GraphEdge, numbers: ReadonlyMap<string, string>): string {
  const word = kind === 'notifies' ? 'notifies' : label;
  const text = word === '' ? '' : `|"${escaped(word)}"|`;
  return `${numbers.get(from)} ${LINES[kind]}${text} ${numbers.get(to)}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"#]/g, (letter) => `#${letter.codePointAt(0)};`);
}
