/** The steps of one host in the order in which they are planned. */
import type { Once } from '../base/once.ts';
import { hostsAwaited, type Runbook, reachesOut, type Step } from '../model/runbook.ts';

/** A step with what it waits for on its own host. */
export interface Placed {
  readonly step: Step;
  readonly handler: boolean;
  /** Ids of steps and handlers on the same host that come before it. */
  readonly after: readonly string[];
}

/**
 * Topological order, ties broken by the order of the file, handlers last unless a step needs them; one list for all
 * hosts that have the same steps. The graph has no cycle: the loader refused it otherwise.
 */
export function orderSteps(
  { steps, handlers }: Runbook,
  host: string,
  leftOut: ReadonlySet<string>,
  once: Once,
): readonly Placed[] {
  const here = [...steps, ...handlers].filter((step) => step.hosts.has(host) && !leftOut.has(step.id));
  // An edge to certain hosts counts where this one is among them.
  const edges = here.flatMap(({ needs }) =>
    needs.flatMap((need) => (reachesOut(need) ? [hostsAwaited(need, host).includes(host)] : [])),
  );
  return once('order', [...here, ...edges], () => placeSteps(here, new Set(handlers), host));
}

function placeSteps(here: readonly Step[], handlers: ReadonlySet<Step>, host: string): readonly Placed[] {
  const present = new Set(here.map(({ id }) => id));
  const steps = here.filter((step) => !handlers.has(step));
  const notifiers = (handler: Step): string[] =>
    steps.filter(({ notify }) => notify.includes(handler.id)).map(({ id }) => id);
  return sort(
    here.map((step) =>
      handlers.has(step)
        ? { step, handler: true, after: notifiers(step) }
        : { step, handler: false, after: sameHost(step, present, host) },
    ),
  );
}

function sameHost(step: Step, present: ReadonlySet<string>, host: string): string[] {
  return step.needs
    .filter((need) => present.has(need.step) && hostsAwaited(need, host).includes(host))
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
