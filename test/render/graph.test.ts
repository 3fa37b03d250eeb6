/** Graphs drawn: as text, for other programs, and as a picture in which nothing lies upon another. */
import fc from 'fast-check';
import type { Graph, GraphEdge } from '../../lib/model/graph.ts';
import { graphDot } from '../../lib/render/graph-dot.ts';
import { layersOf } from '../../lib/render/graph-layer.ts';
import { layOut } from '../../lib/render/graph-layout.ts';
import { graphMermaid } from '../../lib/render/graph-mermaid.ts';
import { graphSvg } from '../../lib/render/graph-svg.ts';
import { graphText } from '../../lib/render/graph-text.ts';
import { assert, suite } from '../suite.ts';

const test = suite('graph drawn');

const edge = (from: string, to: string, kind: GraphEdge['kind'] = 'needs', label = ''): GraphEdge => ({
  from,
  to,
  kind,
  label,
});
const step = (id: string, detail = 'file') => ({ id, title: id, detail, kind: 'step' as const });

const SITE: Graph = {
  title: 'A "site" <one>',
  nodes: [
    step('key', 'command'),
    step('base', 'package'),
    step('known'),
    step('site', 'file  on roz'),
    { ...step('reload', 'service'), kind: 'handler' },
  ],
  edges: [
    edge('key', 'known', 'uses', '@all'),
    edge('base', 'site'),
    edge('known', 'site', 'order'),
    edge('base', 'reload', 'notifies'),
  ],
};

const ON_HOSTS: Graph = {
  title: 'Hosts',
  nodes: ['roz', 'wro'].flatMap((host) =>
    ['a', 'b'].map((id) => ({ ...step(`${id} on ${host}`), title: id, host })),
  ),
  edges: [
    edge('a on roz', 'b on roz', 'order'),
    edge('a on wro', 'b on roz'),
    edge('a on wro', 'b on wro', 'order'),
  ],
};

test('as text: layers, and what each step waits for and why', () => {
  assert.is(
    graphText(SITE),
    `A "site" <one>
1  key     command
   base    package
2  known   file          ← uses key@all
   reload  service       ← notified by base
3  site    file  on roz  ← needs base; after known
`,
  );
  assert.match(graphText(ON_HOSTS), /^2 {2}roz {2}b {2}file {2}← needs a on wro; after a$/m);
});

test('steps that wait for each other on different hosts are drawn all the same', () => {
  const ring: Graph = { ...SITE, edges: [edge('key', 'base'), edge('base', 'key')] };
  assert.is(layersOf(ring).size, SITE.nodes.length);
  assert.match(graphSvg(ring), /<\/svg>/);
});

test('for mermaid: every step and edge, words with signs of its language written out', () => {
  const text = graphMermaid(SITE);
  assert.match(text, /^flowchart TD$/m);
  assert.match(text, /^ {2}n0 -->\|"@all"\| n2$/m);
  assert.match(text, /^ {2}n1 ==> n3$/m);
  assert.match(text, /^ {2}n2 -\.-> n3$/m);
  assert.match(text, /^ {2}n1 -\.->\|"notifies"\| n4$/m);
  assert.match(text, /^ {2}n4\(\["<b>reload<\/b><br>service"\]\)$/m);
  assert.match(graphMermaid(ON_HOSTS), /subgraph h1\["wro"\]\n {4}n2\[/);
  const odd = graphMermaid({ ...SITE, nodes: [step('x', 'a"b#<c>')], edges: [] });
  assert.match(odd, /a#34;b#35;#60;c#62;/);
});

test('for Graphviz: every step and edge, hosts as clusters', () => {
  const text = graphDot(SITE);
  assert.match(text, /^digraph "A \\"site\\" <one>" \{$/m);
  assert.match(text, /^ {2}"key" -> "known" \[penwidth=1, label="@all"\];$/m);
  assert.match(text, /^ {2}"known" -> "site" \[penwidth=0.6, style=dashed\];$/m);
  assert.match(graphDot(ON_HOSTS), /subgraph cluster_0 \{\n {4}label="roz";/);
});

test('as a picture: every step by name, every edge with its head, text that is no markup', () => {
  const svg = graphSvg(SITE);
  for (const { title } of SITE.nodes) assert.ok(svg.includes(`>${title}</text>`), title);
  assert.is(
    svg.match(/<path class="edge \w+" d="M[^"]*C|<path class="edge \w+" d="M[^"]*L/g)?.length,
    SITE.edges.length,
  );
  assert.ok(svg.includes('<title>A &#34;site&#34; &#60;one&#62;</title>'));
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.not.match(svg, /NaN|undefined|Infinity/);
  assert.is(graphSvg(SITE), svg);
});

/** Any graph whose edges lead on in the order of its nodes, on up to three hosts. */
const anyGraph = fc
  .record({
    size: fc.integer({ min: 1, max: 24 }),
    pairs: fc.array(fc.tuple(fc.nat(23), fc.nat(23)), { maxLength: 50 }),
    hosts: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ size, pairs, hosts }): Graph => {
    const nodes = Array.from({ length: size }, (_, index) => ({
      ...step(`step_${index}`.padEnd((index * 7) % 23, '_')),
      id: String(index),
      ...(hosts > 0 ? { host: `h${index % hosts}` } : {}),
    }));
    const keys = new Set(pairs.flatMap(([a, b]) => (a < b && b < size ? `${a} ${b}` : [])));
    const edges = [...keys].map((key) => edge(key.split(' ')[0] ?? '', key.split(' ')[1] ?? ''));
    return { title: 'any', nodes, edges };
  });

test('in any picture nothing overlaps, all lies within, and every line leads down', () => {
  fc.assert(
    fc.property(anyGraph, (graph) => {
      const { boxes, lines, width, height } = layOut(graph);
      if (boxes.length !== graph.nodes.length || lines.length !== graph.edges.length) return false;
      const apart = boxes.every((a, index) =>
        boxes.slice(index + 1).every((b) => a.y !== b.y || Math.abs(a.x - b.x) >= (a.width + b.width) / 2),
      );
      const within = boxes.every(
        (box) =>
          box.x - box.width / 2 >= -0.01 &&
          box.x + box.width / 2 <= width + 0.01 &&
          box.y + box.height / 2 <= height + 0.01,
      );
      const down = lines.every(({ points }) =>
        points.every(([, y], index) => y >= (points[index - 1]?.[1] ?? y)),
      );
      return apart && within && down;
    }),
    { numRuns: 300, seed: 5 },
  );
});
