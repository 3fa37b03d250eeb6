/** The graph of a runbook: where its edges come from, with an inventory and host by host. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinTasks } from '../../lib/cli/builtin.ts';
import { loadProject } from '../../lib/load/project.ts';
import { hostGraph, stepGraph } from '../../lib/load/runbook/graph.ts';
import type { GraphEdge } from '../../lib/model/graph.ts';
import type { Project } from '../../lib/model/runbook.ts';
import { assert, suite } from '../suite.ts';

const test = suite('graph of a runbook');
const cwd = mkdtempSync(join(tmpdir(), 'tightbeam-graph-'));
test.after(() => rmSync(cwd, { recursive: true, force: true }));

const BOOK = `
name: Book
hosts: all
steps:
  - { id: key, task: command, with: { argv: [cat, /etc/k], changed: never } }
  - { id: known, task: file, needs: [key@all], with: { path: /etc/known, content: a }, tags: [late] }
  - id: site
    task: file
    hosts: web
    needs: []
    with: { path: /etc/site, content: "\${{ hosts['wro'].steps.key.outputs.stdout }}" }
    notify: [reload]
  - { id: tunnel_key, task: wireguard_key }
  - { id: tunnel, task: wireguard, needs: [known], with: { address: 10.1.0.1, endpoint: "\${{ host.name }}", external_peers: {} } }
handlers:
  - { id: reload, task: service, hosts: web, with: { name: a, reloaded: true } }
`;

async function load(limit: readonly string[] = [], skipTags: readonly string[] = []): Promise<Project> {
  mkdirSync(join(cwd, 'runbooks'), { recursive: true });
  writeFileSync(join(cwd, 'runbooks/book.yaml'), BOOK);
  writeFileSync(join(cwd, 'prod.yaml'), 'hosts: { roz: { groups: [web] }, wro: {} }\ngroups: { web: {} }\n');
  const { tasks, engineUrl } = builtinTasks();
  return loadProject({
    cwd,
    runbook: 'book',
    inventory: 'prod.yaml',
    limit,
    tags: [],
    skipTags,
    extraVars: [],
    builtinTasks: tasks,
    engineUrl,
    env: {},
    home: cwd,
  });
}

const shown = (edges: readonly GraphEdge[]): readonly string[] =>
  edges.map(({ from, to, kind, label }) => `${from}${label} > ${to} (${kind})`).sort();

test('edges are those that are said, follow from the order, from outputs, and from notifying', async () => {
  const { title, nodes, edges } = stepGraph(await load());
  assert.is(title, 'Book');
  assert.equal(
    nodes.map(({ title: name, detail, kind }) => `${name}: ${detail} ${kind}`),
    [
      'key: command step',
      'known: file step',
      'site: file  on roz step',
      'tunnel_key: wireguard_key step',
      'tunnel: wireguard step',
      'reload: service  on roz handler',
    ],
  );
  assert.equal(shown(edges), [
    'key@all > known (needs)',
    'key@wro > site (uses)',
    'known > tunnel (needs)',
    'known > tunnel_key (order)',
    'site > reload (notifies)',
    'site > tunnel_key (order)',
    'tunnel_key > tunnel (uses)',
  ]);
});

test('host by host: an edge to all is one from each', async () => {
  const { nodes, edges } = hostGraph(await load());
  assert.is(nodes.length, 10);
  const known = shown(edges.filter(({ to }) => to === 'known on roz'));
  assert.equal(known, ['key on roz > known on roz (needs)', 'key on wro > known on roz (needs)']);
  assert.ok(shown(edges).includes('key on wro > site on roz (uses)'));
});

test('hosts and steps that are left out are not drawn', async () => {
  const hosts = hostGraph(await load(['wro']));
  assert.equal([...new Set(hosts.nodes.map(({ host }) => host))], ['wro']);
  const steps = stepGraph(await load([], ['late']));
  assert.not.ok(steps.nodes.some(({ id }) => id === 'known'));
  assert.not.ok(steps.edges.some(({ from, to }) => from === 'known' || to === 'known'));
});
