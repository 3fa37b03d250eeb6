/** When a host lets go of the locks of its run: none is held while it waits for something else. */
import type { Change } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import { lockToken } from './board.ts';
import type { Life } from './life.ts';

/** These changes are carried out now: their locks are kept until their steps have ended. */
export function holdFor(life: Life, changes: readonly Change[]): void {
  for (const { step } of changes) if (life.context.steps.get(step)?.lock) life.holding.add(step);
}

/** The step has ended, well or not. */
export function letGo(life: Life, step: Step): void {
  if (!step.lock) return;
  life.holding.delete(step.id);
  releaseIdle(life, new Set());
}

/** Lets go of all that no step which has begun holds; `awaited`: tokens of what the host waits for, such as its turn. */
export function releaseIdle(life: Life, awaited: ReadonlySet<string>): void {
  const { locks, steps } = life.context;
  const kept = new Set([...life.holding].map((id) => steps.get(id)?.lock?.name));
  for (const name of locks.heldBy(life.host.name))
    if (!kept.has(name) && !awaited.has(lockToken(name))) locks.release(name, life.host.name);
}

/** The host is done. */
export function releaseAll(life: Life): void {
  life.holding.clear();
  releaseIdle(life, new Set());
}
