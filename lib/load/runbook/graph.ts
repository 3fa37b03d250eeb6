/** The graph of a runbook: of its steps, or of its steps on their hosts. */
import type { EdgeKind, Graph, GraphEdge, GraphNode } from '../../model/graph.ts';
import { hostsAwaited, type Need, type Project, type Step } from '../../model/runbook.ts';

interface Entry {
  readonly step: Step;
  readonly kind: GraphNode['kind'];
}

function entriesOf({ runbook, leftOut }: Project): readonly Entry[] {
  const steps = runbook.steps.map((step) => ({ step, kind: 'step' as const }));
  const handlers = runbook.handlers.map((step) => ({ step, kind: 'handler' as const }));
  return [...steps, ...handlers].filter(({ step }) => !leftOut.has(step.id));
}

function kindOf({ by }: Need): EdgeKind {
  return by ?? 'needs';
}

/** Each step once. */
export function stepGraph(project: Project): Graph {
  const entries = entriesOf(project);
  const ids = new Set(entries.map(({ step }) => step.id));
  const all = project.runbook.hosts.length;
  const byId = new Map(entries.map(({ step }) => [step.id, step]));
  const nodes = entries.map(({ step, kind }): GraphNode => {
    const some = step.hosts.size < all ? `  on ${few([...step.hosts])}` : '';
    return { id: step.id, title: step.id, detail: `${step.taskName}${some}`, kind };
  });
  const edges = entries.flatMap(({ step }) => [
    // A group of nobody is no edge.
    ...step.needs
      .filter(({ hosts }) => hosts.length > 0)
      .map((need): GraphEdge => {
        const label = need.hosts === 'same' ? '' : at(need.hosts, byId.get(need.step)?.hosts.size ?? 0);
        return { from: need.step, to: step.id, kind: kindOf(need), label };
      }),
    ...step.notify.map((id): GraphEdge => ({ from: step.id, to: id, kind: 'notifies', label: '' })),
  ]);
  return {
    title: project.runbook.name,
    nodes,
    edges: merged(edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to))),
  };
}

/** Each step on each of its hosts that may be changed. */
export function hostGraph(project: Project): Graph {
  const entries = entriesOf(project);
  const byId = new Map(entries.map(({ step }) => [step.id, step]));
  const on = (step: Step, host: string): boolean => step.hosts.has(host) && project.limit.has(host);
  const key = (step: string, host: string): string => `${step} on ${host}`;
  const nodes: GraphNode[] = [];
  const edges: GraphEdge[] = [];
  for (const host of project.limit) {
    for (const { step, kind } of entries) {
      if (!on(step, host)) continue;
      const id = key(step.id, host);
      nodes.push({ id, title: step.id, detail: step.taskName, kind, host });
      for (const need of step.needs) {
        const target = byId.get(need.step);
        if (!target) continue;
        const hosts = hostsAwaited(need, host);
        for (const each of hosts)
          if (on(target, each))
            edges.push({ from: key(need.step, each), to: id, kind: kindOf(need), label: '' });
      }
      for (const handler of step.notify) {
        const target = byId.get(handler);
        if (target && on(target, host))
          edges.push({ from: id, to: key(handler, host), kind: 'notifies', label: '' });
      }
    }
  }
  return { title: project.runbook.name, nodes, edges: merged(edges) };
}

function at(hosts: readonly string[], all: number): string {
  return hosts.length >= all && all > 1 ? '@all' : `@${few(hosts)}`;
}

function few(hosts: readonly string[]): string {
  return hosts.length <= 2 ? hosts.join(', ') : `${hosts.length} hosts`;
}

const STRENGTH: readonly EdgeKind[] = ['notifies', 'needs', 'uses', 'order'];

/** Two steps are joined once, by the strongest of what joins them. */
function merged(edges: readonly GraphEdge[]): readonly GraphEdge[] {
  const found = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const key = `${edge.from}\0${edge.to}`;
    const old = found.get(key);
    const stronger = old && STRENGTH.indexOf(old.kind) <= STRENGTH.indexOf(edge.kind) ? old : edge;
    found.set(key, { ...stronger, label: edge.label || (old?.label ?? '') });
  }
  return [...found.values()];
}
