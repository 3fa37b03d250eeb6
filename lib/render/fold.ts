/** Many hosts, one story: what the same step does to the same thing is told for the first host, and counted for the rest. */
import type { Emit, RunEvent } from '../model/event.ts';

type ChangeEvent = Extract<RunEvent, { kind: 'change' | 'later' }>;

/** Hosts beyond which a terminal would be flooded with lines that say the same. */
export const FOLD_FROM = 9;

/** `count` tells how often a change that was told once has come again, before the recap: the line and the hosts. */
export function foldHosts(inner: Emit, count: (event: ChangeEvent, more: number) => void): Emit {
  const told = new Map<string, { readonly event: ChangeEvent; hosts: number }>();
  let folds = false;
  return (event) => {
    if (event.kind === 'start') folds = event.hosts.length >= FOLD_FROM;
    if (folds && (event.kind === 'change' || event.kind === 'later')) {
      const key = saying(event);
      const known = told.get(key);
      if (known) {
        known.hosts += 1;
        return;
      }
      told.set(key, { event, hosts: 0 });
    }
    if (event.kind === 'recap') {
      for (const { event: first, hosts } of told.values()) if (hosts > 0) count(first, hosts);
      told.clear();
    }
    inner(event);
  };
}

/** Two changes that say the same in all but the host's name; a difference of their own makes a line of their own. */
function saying(event: ChangeEvent): string {
  return event.kind === 'later'
    ? JSON.stringify([event.step, event.reason])
    : JSON.stringify([event.step, event.key, event.action, event.summary, event.mayDiffer]);
}
