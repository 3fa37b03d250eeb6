/** Steps whose end or outputs hosts other than their own wait for. */
import type { Project } from '../model/runbook.ts';
import { referencesOf } from './need.ts';

export function watchedSteps(project: Project): (step: string, host: string) => boolean {
  const watched = new Map<string, 'any' | Set<string>>();
  const add = (step: string, hosts: readonly string[] | 'any'): void => {
    const known = watched.get(step);
    if (known === 'any' || hosts === 'any') watched.set(step, 'any');
    else watched.set(step, new Set([...(known ?? []), ...hosts]));
  };
  for (const step of [...project.runbook.steps, ...project.runbook.handlers]) {
    for (const need of step.needs) if (need.hosts !== 'same') add(need.step, need.hosts);
    for (const reference of referencesOf(step)) {
      if (reference.kind === 'output' && reference.host !== undefined) {
        add(reference.step, reference.host === '*' ? 'any' : [reference.host]);
      }
    }
  }
  return (step, host) => {
    const hosts = watched.get(step);
    return hosts === 'any' || hosts?.has(host) === true;
  };
}
