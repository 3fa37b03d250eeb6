/** What a run would refuse before it connects, asked without a run. */
import type { Problem } from '../base/problem.ts';
import type { Project } from '../model/runbook.ts';
import { staticConflicts } from './conflict.ts';
import { type HostOptions, hostLives } from './host-setup.ts';
import { createContext } from './run-context.ts';

/** Hosts that are looked at beside one of every combination of groups: a run looks at all, which takes seconds for thousands. */
const HOSTS = 100;

export function preflight(given: HostOptions): readonly Problem[] {
  const options = { ...given, project: sampled(given.project) };
  const { signal } = new AbortController();
  const context = createContext(
    {
      project: options.project,
      emit: () => undefined,
      dryRun: true,
      command: () => '',
      locking: { owner: '', timeoutMs: 0 },
    },
    { id: 'preflight', halt: signal, abort: signal, stopping: () => false },
  );
  return staticConflicts(hostLives(options, context));
}

function sampled(project: Project): Project {
  if (project.limit.size <= HOSTS) return project;
  const chosen = new Set([...project.limit].slice(0, HOSTS));
  const groupsOf = new Map([...project.limit].map((host) => [host, '']));
  for (const [group, members] of project.inventory.groups)
    for (const host of members) if (groupsOf.has(host)) groupsOf.set(host, `${groupsOf.get(host)} ${group}`);
  const seen = new Set<string>();
  for (const [host, groups] of groupsOf) {
    if (!seen.has(groups)) chosen.add(host);
    seen.add(groups);
  }
  return { ...project, limit: chosen };
}
