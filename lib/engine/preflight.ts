/** What a run would refuse before it connects, asked without a run. */
import type { Problem } from '../base/problem.ts';
import { staticConflicts } from './conflict.ts';
import { type HostOptions, hostLives } from './host-setup.ts';
import { createContext } from './run-context.ts';

export function preflight(options: HostOptions): readonly Problem[] {
  const { signal } = new AbortController();
  const context = createContext(
    { project: options.project, emit: () => undefined, dryRun: true, command: () => '' },
    { id: 'preflight', halt: signal, abort: signal, stopping: () => false },
  );
  return staticConflicts(hostLives(options, context));
}
