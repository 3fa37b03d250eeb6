/** A graph as a picture, in SVG, without any other program. */
import type { EdgeKind, Graph } from '../model/graph.ts';
import { BOX_HEIGHT, type Box, type Line, layOut } from './graph-layout.ts';

const MARGIN = 24;
const TITLE = 34;
const LEGEND = 46;

/** Colours follow the reader's preference for light or dark. */
export function graphSvg(graph: Graph): string {
  const { boxes, lines, width, height } = layOut(graph);
  const hosts = hostsOf(boxes);
  const top = MARGIN + TITLE + (hosts.length > 0 ? 26 : 0);
  const wide = Math.ceil(Math.max(width, 460) + 2 * MARGIN);
  const high = Math.ceil(top + height + LEGEND + MARGIN);
  const left = (wide - width) / 2;
  const kinds = KINDS.filter((kind) => lines.some(({ edge }) => edge.kind === kind));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" font-family="system-ui, sans-serif" font-size="13">
<title>${escaped(graph.title)}</title>
<style>${STYLE}</style>
<defs>${KINDS.map(marker).join('')}</defs>
<rect class="ground" width="${wide}" height="${high}"/>
<text class="title" x="${MARGIN}" y="${MARGIN + 12}">${escaped(graph.title)}</text>
<g transform="translate(${round(left)} ${top})">
${hosts.map(({ host, x }) => `<text class="host" x="${round(x)}" y="-12" text-anchor="middle">${escaped(host)}</text>`).join('\n')}
${lines.map(path).join('\n')}
${boxes.map(box).join('\n')}
${lines.map(label).join('')}
</g>
${legend(kinds, high - MARGIN)}
</svg>
`;
}

const KINDS: readonly EdgeKind[] = ['needs', 'uses', 'order', 'notifies'];
const MEANING: Readonly<Record<EdgeKind, string>> = {
  needs: 'needs',
  uses: 'uses an output',
  order: 'order of the file',
  notifies: 'notifies',
};

const STYLE = `
.ground{fill:#fff}.title{font-size:16px;font-weight:600;fill:#1c2430}.host{font-weight:600;fill:#5a6675}
.box{fill:#f3f6fa;stroke:#7b8da3}.handler{fill:#fdf6ea;stroke:#c08a2e;stroke-dasharray:4 3}
.name{font-weight:600;fill:#1c2430}.detail{font-size:11px;fill:#5a6675}.label{font-size:11px;fill:#2563a8;stroke:#fff;stroke-width:3px;paint-order:stroke}
.edge{fill:none}.needs{stroke:#33475f;stroke-width:1.8}.uses{stroke:#2563a8;stroke-width:1.4}.order{stroke:#98a5b5;stroke-width:1;stroke-dasharray:5 4}.notifies{stroke:#c08a2e;stroke-width:1.2;stroke-dasharray:2 3}
.head-needs{fill:#33475f}.head-uses{fill:#2563a8}.head-order{fill:#98a5b5}.head-notifies{fill:#c08a2e}
@media (prefers-color-scheme: dark){
.ground{fill:#14181e}.title,.name{fill:#e6ebf2}.host,.detail{fill:#9aa7b7}.box{fill:#1e2630;stroke:#5b6c82}.handler{fill:#2a2418;stroke:#b98a3e}
.label{fill:#7db4ee;stroke:#14181e}.needs{stroke:#c3cfdd}.uses{stroke:#6aa6e6}.order{stroke:#5d6b7c}.notifies{stroke:#cf9d4a}
.head-needs{fill:#c3cfdd}.head-uses{fill:#6aa6e6}.head-order{fill:#5d6b7c}.head-notifies{fill:#cf9d4a}}
`;

function marker(kind: EdgeKind): string {
  return `<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="head-${kind}" d="M0 0.5 8 4 0 7.5z"/></marker>`;
}

function hostsOf(boxes: readonly Box[]): readonly { readonly host: string; readonly x: number }[] {
  const sums = new Map<string, { from: number; to: number }>();
  for (const { node, x, width } of boxes) {
    if (node.host === undefined) continue;
    const old = sums.get(node.host) ?? { from: x - width / 2, to: x + width / 2 };
    sums.set(node.host, { from: Math.min(old.from, x - width / 2), to: Math.max(old.to, x + width / 2) });
  }
  return [...sums].map(([host, { from, to }]) => ({ host, x: (from + to) / 2 }));
}

function box({ node, x, y, width }: Box): string {
  const corner = node.kind === 'handler' ? BOX_HEIGHT / 2 : 6;
  return `<g><rect class="box${node.kind === 'handler' ? ' handler' : ''}" x="${round(x - width / 2)}" y="${round(y - BOX_HEIGHT / 2)}" width="${round(width)}" height="${BOX_HEIGHT}" rx="${corner}"/><text class="name" x="${round(x)}" y="${round(y - 3)}" text-anchor="middle">${escaped(node.title)}</text><text class="detail" x="${round(x)}" y="${round(y + 14)}" text-anchor="middle">${escaped(node.detail)}</text></g>`;
}

/** Curves that leave and arrive upright, straight past the layers between. */
function path({ edge, points }: Line): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let from = first;
  const pieces = rest.map(([x, y], index) => {
    const middle = round((from[1] + y) / 2);
    const piece =
      index % 2 === 1 || from[0] === x
        ? `L${round(x)} ${round(y)}`
        : `C${round(from[0])} ${middle} ${round(x)} ${middle} ${round(x)} ${round(y)}`;
    from = [x, y];
    return piece;
  });
  return `<path class="edge ${edge.kind}" d="M${round(first[0])} ${round(first[1])}${pieces.join('')}" marker-end="url(#${edge.kind})"/>`;
}

/** Beside the end of the edge, where it is nearest to the step that waits. */
function label({ edge, points }: Line): string {
  const [from, to] = points.slice(-2);
  if (edge.label === '' || !from || !to) return '';
  const [x, y] = [(from[0] + to[0] * 2) / 3, (from[1] + to[1]) / 2];
  return `<text class="label" x="${round(x + 6)}" y="${round(y + 4)}">${escaped(edge.label)}</text>\n`;
}

function legend(kinds: readonly EdgeKind[], y: number): string {
  let x = MARGIN;
  return kinds
    .map((kind) => {
      const at = x;
      x += 56 + MEANING[kind].length * 6.2;
      return `<path class="edge ${kind}" d="M${round(at)} ${y - 4}h26" marker-end="url(#${kind})"/><text class="detail" x="${round(at + 32)}" y="${y}">${MEANING[kind]}</text>`;
    })
    .join('\n');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.codePointAt(0)};`);
}
