/** Other orders of a runbook's steps: each as right as the one in the file, as no edge says otherwise. */
import type { Runbook, Step } from '../../model/runbook.ts';

/** Numbers in [0, 1) from a seed, always the same ones (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * The runbook with its steps in another order. The engine sorts them by their edges, and ties by this order. The first one
 * is the file from its end, in which every free pair is the other way round; the others are by chance.
 */
export function shuffled(runbook: Runbook, seed: number): Runbook {
  if (seed === 1) return { ...runbook, steps: [...runbook.steps].reverse() };
  const next = random(seed);
  const steps = [...runbook.steps];
  for (let index = steps.length - 1; index > 0; index -= 1) {
    const other = Math.floor(next() * (index + 1));
    const [here, there] = [steps[index], steps[other]];
    if (here && there) [steps[index], steps[other]] = [there, here];
  }
  return { ...runbook, steps };
}

/** Pairs of steps of one host that may come in either order. */
export function freePairs({ steps }: Runbook): readonly (readonly [string, string])[] {
  const before = new Map<string, ReadonlySet<string>>();
  const byId = new Map(steps.map((step) => [step.id, step]));
  const ancestors = (step: Step): ReadonlySet<string> => {
    const known = before.get(step.id);
    if (known) return known;
    const found = new Set<string>();
    before.set(step.id, found);
    for (const need of step.needs) {
      const other = byId.get(need.step);
      if (!other || other === step) continue;
      found.add(other.id);
      for (const each of ancestors(other)) found.add(each);
    }
    return found;
  };
  return steps.flatMap((step, index) =>
    steps.slice(index + 1).flatMap((other): (readonly [string, string])[] => {
      const together = [...step.hosts].some((host) => other.hosts.has(host));
      const ordered = ancestors(step).has(other.id) || ancestors(other).has(step.id);
      return together && !ordered ? [[step.id, other.id]] : [];
    }),
  );
}
