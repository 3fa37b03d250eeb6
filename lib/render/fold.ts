/** Many hosts, one story: what a step does, or how it fails, is told for the first host, and counted for the rest. */
import type { Emit, RunEvent } from '../model/event.ts';

type Told = Extract<RunEvent, { kind: 'change' | 'later' | 'step' }>;

/** Hosts beyond which a terminal would be flooded with lines that say the same. */
export const FOLD_FROM = 9;

/** `again` is told, before the recap, what was said once and holds for other hosts, too. */
export function foldHosts(inner: Emit, again: (event: Told, hosts: readonly string[]) => void): Emit {
  const told = new Map<string, { readonly event: Told; readonly hosts: string[] }>();
  let folds = false;
  return (event) => {
    if (event.kind === 'start') folds = event.hosts.length >= FOLD_FROM;
    // What is well on so many hosts is counted in the recap.
    if (folds && event.kind === 'check') return;
    const key = folds ? saying(event) : undefined;
    if (key !== undefined) {
      const known = told.get(key);
      if (known) {
        known.hosts.push((event as Told).host);
        return;
      }
      told.set(key, { event: event as Told, hosts: [] });
    }
    if (event.kind === 'recap') {
      for (const { event: first, hosts } of told.values()) if (hosts.length > 0) again(first, hosts);
      told.clear();
    }
    inner(event);
  };
}

/** The same for two hosts that differ in their name alone; undefined for what is told of each host. */
function saying(event: RunEvent): string | undefined {
  switch (event.kind) {
    case 'later':
      return JSON.stringify([event.step, event.reason]);
    case 'change':
      return JSON.stringify([
        event.step,
        event.key,
        event.action,
        event.summary,
        event.mayDiffer,
        event.confirm,
      ]);
    case 'step':
      return (
        event.failure && JSON.stringify([event.step, event.status, event.failure.message, event.failure.hint])
      );
    default:
      return undefined;
  }
}
