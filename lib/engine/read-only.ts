/** Which hosts outside --limit, and which of their steps, are read for others' sake. */
import { actorFor, hostsAwaited, type Project, type Step } from '../model/runbook.ts';
import { referencesOf } from './step-index.ts';

export interface ReadPlan {
  /** Ids of steps whose state or outputs somebody in the limit needs. */
  readonly steps: ReadonlySet<string>;
  readonly facts: boolean;
}

/** Host name to what is read there. Hosts nobody needs are not in it. */
export function readOnlyHosts(project: Project): ReadonlyMap<string, ReadPlan> {
  const plans = new Map<string, { steps: Set<string>; facts: boolean }>();
  if ([...project.inventory.hosts.keys()].every((host) => project.limit.has(host))) return plans;
  const all = [...project.runbook.steps, ...project.runbook.handlers];
  const byId = new Map(all.map((step) => [step.id, step]));
  const planOf = (host: string) => {
    const plan = plans.get(host) ?? { steps: new Set<string>(), facts: false };
    plans.set(host, plan);
    return plan;
  };
  const visit = (step: Step, host: string): void => {
    for (const { step: id, hosts } of edges(step, host, project)) {
      const needed = byId.get(id);
      for (const asked of hosts) {
        const other = needed ? actorFor(needed, asked) : asked;
        if (project.limit.has(other) || !needed?.hosts.has(other)) continue;
        const plan = planOf(other);
        if (plan.steps.has(id)) continue;
        plan.steps.add(id);
        visit(needed, other);
      }
    }
    for (const reference of referencesOf(step)) {
      if (reference.kind !== 'facts' || reference.host === undefined) continue;
      const hosts = reference.host === '*' ? [...project.inventory.hosts.keys()] : [reference.host];
      for (const other of hosts) if (!project.limit.has(other)) planOf(other).facts = true;
    }
  };
  for (const step of all) {
    if (project.leftOut.has(step.id)) continue;
    for (const host of step.hosts) if (project.limit.has(host)) visit(step, host);
  }
  return plans;
}

function edges(step: Step, host: string, project: Project): { step: string; hosts: readonly string[] }[] {
  const inLimit = project.limit.has(host);
  const needs = step.needs.map((need) => ({
    step: need.step,
    hosts: hostsAwaited(need, host),
  }));
  const outputs = referencesOf(step).flatMap((reference) => {
    if (reference.kind !== 'output') return [];
    if (reference.host === '*') return [{ step: reference.step, hosts: [...project.inventory.hosts.keys()] }];
    return [{ step: reference.step, hosts: [reference.host ?? host] }];
  });
  // What a host outside the limit needs for itself is only of interest where its outputs rest on it.
  return inLimit ? [...needs, ...outputs] : outputs;
}
