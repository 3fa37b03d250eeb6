/** The steps of one host in the order in which they are planned. */
import type { Runbook, Step } from '../model/runbook.ts';

/** A step with what it waits for on its own host. */
export interface Placed {
  readonly step: Step;
  readonly handler: boolean;
  /** Ids of steps and handlers on the same host that come before it. */
  readonly after: readonly string[];
}

/**
 * Topological order, ties broken by the order of the file, handlers last unless a step needs them.
 * The graph has no cycle: the loader refused it otherwise.
 */
export function orderSteps(runbook: Runbook, host: string, leftOut: ReadonlySet<string>): readonly Placed[] {
  const here = (step: Step): boolean => step.hosts.has(host) && !leftOut.has(step.id);
  const steps = runbook.steps.filter(here);
  const handlers = runbook.handlers.filter(here);
  const present = new Set([...steps, ...handlers].map(({ id }) => id));
  const notifiers = (handler: Step): string[] =>
    steps.filter(({ notify }) => notify.includes(handler.id)).map(({ id }) => id);
  const placed: Placed[] = [
    ...steps.map((step) => ({ step, handler: false, after: sameHost(step, present, host) })),
    ...handlers.map((step) => ({ step, handler: true, after: notifiers(step) })),
  ];
  return sort(placed);
}

function sameHost(step: Step, present: ReadonlySet<string>, host: string): string[] {
  return step.needs
    .filter((need) => present.has(need.step) && (need.hosts === 'same' || need.hosts.includes(host)))
    .map((need) => need.step)
    .filter((id) => id !== step.id);
}

function sort(items: readonly Placed[]): readonly Placed[] {
  const done = new Set<string>();
  const rest = [...items];
  const sorted: Placed[] = [];
  while (rest.length > 0) {
    const index = rest.findIndex(({ after }) => after.every((id) => done.has(id)));
    const [next] = rest.splice(index === -1 ? 0 : index, 1);
    if (!next) break;
    done.add(next.step.id);
    sorted.push(next);
  }
  return sorted;
}
