/** Finds steps that wait for each other, host by host, and tells every edge of the ring. */

import type { Place } from '../../base/problem.ts';
import { formatPlace } from '../../base/problem.ts';
import { actorFor, type Rollout, type Step } from '../../model/runbook.ts';
import type { Report } from '../source/report.ts';
import type { BuiltStep } from './runbook.ts';

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly need: { readonly place: Place };
  /** It is the rollout that lets the one wait for the other. */
  readonly rollout?: true;
}

/** Reports one ring when there is one. Nodes are `step on host`; a need of many hosts is one node between. */
export function reportCycle(built: readonly BuiltStep[], rollouts: readonly Rollout[], report: Report): void {
  const steps = withHandlerEdges(built);
  const order = new Map(steps.map((step, index) => [step.id, index]));
  // Needs that all point back in the file cannot close a ring: the usual case costs nothing.
  const forward = steps.some((step, index) =>
    step.needs.some((need) => (order.get(need.step) ?? -1) >= index),
  );
  const batches = rollouts.filter((rollout) => rollout.batches.length > 1);
  if (!forward && batches.length === 0) return;
  const edges = edgesOf(steps);
  for (const [index, rollout] of batches.entries()) addRollout(rollout, `rollout#${index}`, steps, edges);
  const ring = findRing(edges);
  if (!ring) return;
  const way = ring.map(
    ({ from, to, need, rollout }) =>
      `${from} ${rollout ? 'is in a later batch than' : 'needs'} ${to} (${formatPlace(need.place)})`,
  );
  const first = ring.find((edge) => !edge.rollout);
  if (ring.some((edge) => edge.rollout)) {
    const message = `a host waits for one of a later batch: ${[...new Set(way)].join(', ')}`;
    report.add(
      'rollout-cycle',
      message,
      first?.need.place,
      'let these hosts be in one batch, or take the need away',
    );
    return;
  }
  const hint = 'take one of these needs away; `needs: []` frees a step from the one before it';
  report.add(
    'needs-cycle',
    `steps wait for each other: ${[...new Set(way)].join(', ')}`,
    first?.need.place,
    hint,
  );
}

/** A step of a batch waits for all of the batch before; one node between stands for that. */
function addRollout(
  { steps: members, batches, place }: Rollout,
  name: string,
  steps: readonly Step[],
  edges: Map<string, Edge[]>,
): void {
  const own = steps.filter(({ id }) => members.has(id));
  const add = (from: string, to: string): void => {
    const edge: Edge = { from, to, need: { place }, rollout: true };
    const list = edges.get(from);
    if (list) list.push(edge);
    else edges.set(from, [edge]);
  };
  for (const [index, hosts] of batches.entries()) {
    for (const host of hosts) {
      for (const step of own) {
        if (!step.hosts.has(host)) continue;
        if (index > 0) add(`${step.id} on ${host}`, `${name}#${index - 1}`);
        add(`${name}#${index}`, `${step.id} on ${host}`);
      }
    }
  }
}

function edgesOf(steps: readonly Step[]): Map<string, Edge[]> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const edges = new Map<string, Edge[]>();
  for (const step of steps) {
    for (const [index, need] of step.needs.entries()) {
      const target = byId.get(need.step);
      if (!target) continue;
      const edge = (from: string, to: string): void => {
        const list = edges.get(from);
        if (list) list.push({ from, to, need });
        else edges.set(from, [{ from, to, need }]);
      };
      const between = `${step.id}#${index}`;
      if (need.hosts !== 'same') {
        for (const host of need.hosts) if (target.hosts.has(host)) edge(between, `${need.step} on ${host}`);
      }
      for (const host of step.hosts) {
        if (need.hosts !== 'same') edge(`${step.id} on ${host}`, between);
        else if (target.hosts.has(actorFor(target, host)))
          edge(`${step.id} on ${host}`, `${need.step} on ${actorFor(target, host)}`);
      }
    }
  }
  return edges;
}

/** Depth first, without recursion: a long chain of steps must not end in a stack overflow. */
function findRing(edges: ReadonlyMap<string, readonly Edge[]>): readonly Edge[] | undefined {
  const done = new Set<string>();
  for (const start of edges.keys()) {
    if (done.has(start)) continue;
    const way: { readonly node: string; next: number; readonly by: Edge | undefined }[] = [
      { node: start, next: 0, by: undefined },
    ];
    const onWay = new Set([start]);
    for (let top = way.at(-1); top; top = way.at(-1)) {
      const edge = edges.get(top.node)?.[top.next];
      top.next += 1;
      if (!edge) {
        done.add(top.node);
        onWay.delete(top.node);
        way.pop();
      } else if (onWay.has(edge.to)) {
        const from = way.findIndex((step) => step.node === edge.to);
        return join([...way.slice(from + 1).flatMap((step) => step.by ?? []), edge]);
      } else if (!done.has(edge.to)) {
        onWay.add(edge.to);
        way.push({ node: edge.to, next: 0, by: edge });
      }
    }
  }
  return undefined;
}

/** The nodes between are ours alone: two edges through one become the edge that people wrote. */
function join(ring: readonly Edge[]): readonly Edge[] {
  const start = ring.findIndex((edge) => !edge.from.includes('#'));
  const turned = [...ring.slice(start), ...ring.slice(0, start)];
  return turned.flatMap((edge, index) => {
    if (edge.from.includes('#')) return [];
    const to = edge.to.includes('#') ? (turned[index + 1]?.to ?? edge.to) : edge.to;
    return [{ ...edge, to }];
  });
}

/** A handler waits for the steps that notify it. */
function withHandlerEdges(built: readonly BuiltStep[]): readonly Step[] {
  return built.map(({ step, draft }) => {
    if (!draft.handler) return step;
    const notifiers = built.filter((each) => each.step.notify.includes(step.id));
    const needs = notifiers.map((each) => ({
      step: each.step.id,
      hosts: 'same' as const,
      place: each.step.place,
    }));
    return { ...step, needs };
  });
}
