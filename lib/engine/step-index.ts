/** The steps of a run by what is asked of them on each host again, worked out once for all hosts. */
import type { Project, Reference, Step } from '../model/runbook.ts';

export interface StepIndex {
  /** A step or a handler. */
  get(id: string): Step | undefined;
  isHandler(step: Step): boolean;
  /** Hosts whose facts the step looks at, its own host left out; `*`: it cannot be told which. */
  foreignFacts(step: Step): readonly string[];
  /** True when some step looks at the facts of this host. */
  factsUsed(host: string): boolean;
  /** A step left out by tags is still read, wherever it belongs, when an expression of another uses its outputs. */
  outputsUsed(id: string): boolean;
  /** True when hosts (its own may be among them) wait for the step on this host, or look at its outputs. */
  watched(step: string, host: string): boolean;
}

export function referencesOf(step: Step): readonly Reference[] {
  const templates = [step.with, step.when, step.scope, step.foreach?.items, step.until, step.env];
  return templates.flatMap((template) => template?.references ?? []);
}

export function indexSteps({ runbook, leftOut }: Project): StepIndex {
  const all = [...runbook.steps, ...runbook.handlers];
  const byId = new Map(all.map((step) => [step.id, step]));
  const handlers = new Set(runbook.handlers);
  const foreign = new Map(all.map((step) => [step, foreignFacts(step)]));
  const facts = factHosts(runbook.steps);
  const outputs = new Set(all.filter(({ id }) => !leftOut.has(id)).flatMap(outputSteps));
  const watched = watchedHosts(all, byId);
  const isWatched = (step: string, host: string): boolean => {
    const hosts = watched.get(step);
    return hosts === 'any' || hosts?.has(host) === true;
  };
  return {
    get: (id) => byId.get(id),
    isHandler: (step) => handlers.has(step),
    foreignFacts: (step) => foreign.get(step) ?? [],
    factsUsed: (host) => facts.has('*') || facts.has(host),
    // `*`: which step is meant cannot be told.
    outputsUsed: (id) => outputs.has(id) || outputs.has('*'),
    watched: (step, host) => isWatched(step, host) || isWatched('*', host),
  };
}

function foreignFacts(step: Step): readonly string[] {
  const hosts = referencesOf(step).flatMap(({ kind, host }) => (kind === 'facts' && host ? [host] : []));
  return hosts.includes('*') ? ['*'] : [...new Set(hosts)];
}

/** Hosts whose facts are looked at; `*` for any, or each host's own. */
function factHosts(steps: readonly Step[]): ReadonlySet<string> {
  const references = steps.flatMap(referencesOf).filter(({ kind }) => kind === 'facts');
  return new Set(references.map(({ host }) => host ?? '*'));
}

function outputSteps(step: Step): readonly string[] {
  return referencesOf(step).flatMap((reference) => (reference.kind === 'output' ? [reference.step] : []));
}

function watchedHosts(
  steps: readonly Step[],
  byId: ReadonlyMap<string, Step>,
): ReadonlyMap<string, 'any' | ReadonlySet<string>> {
  const watched = new Map<string, 'any' | Set<string>>();
  const add = (step: string, hosts: readonly string[] | 'any'): void => {
    const known = watched.get(step) ?? new Set<string>();
    if (known === 'any') return;
    watched.set(step, hosts === 'any' ? 'any' : known);
    for (const host of hosts === 'any' ? [] : hosts) known.add(host);
  };
  for (const step of steps) {
    for (const { step: id, hosts, actors } of step.needs)
      if (hosts !== 'same' || actors) add(id, hosts === 'same' ? [...(actors?.values() ?? [])] : hosts);
    for (const reference of referencesOf(step)) {
      if (reference.kind !== 'output') continue;
      const { step: id, host } = reference;
      const actors = byId.get(id)?.actors;
      if (actors && host !== '*')
        add(id, host === undefined ? [...actors.values()] : [actors.get(host) ?? host]);
      else if (host !== undefined) add(id, host === '*' ? 'any' : [host]);
    }
  }
  return watched;
}
