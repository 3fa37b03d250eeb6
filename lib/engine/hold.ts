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
  releaseHeld(life);
}

/** A step that had ended before is paid what it was owed: it does not end again, or has not. */
export function letGoPaid(life: Life, changes: readonly Change[]): void {
  for (const { step } of changes) if (life.ended.has(step)) life.holding.delete(step);
  releaseHeld(life);
}

/**
 * Lets go of all that no step which has begun holds, places in line included; `awaited`: tokens of what the host waits
 * for, such as its turn.
 */
export function releaseIdle(life: Life, awaited: ReadonlySet<string>): void {
  const { locks } = life.context;
  const kept = keptBy(life);
  for (const name of locks.namesOf(life.host.name))
    if (!kept.has(name) && !awaited.has(lockToken(name))) locks.release(name, life.host.name);
}

/** What it stands in line for may be what the plan at work waits for. */
function releaseHeld(life: Life): void {
  const { locks } = life.context;
  const kept = keptBy(life);
  for (const name of locks.namesOf(life.host.name))
    if (locks.holds(name, life.host.name) && !kept.has(name)) locks.release(name, life.host.name);
}

function keptBy({ holding, context }: Life): ReadonlySet<string | undefined> {
  return new Set([...holding].map((id) => context.steps.get(id)?.lock?.name));
}

/** The host is done. */
export function releaseAll(life: Life): void {
  life.holding.clear();
  releaseIdle(life, new Set());
}
