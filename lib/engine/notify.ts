/** Which handlers a step notifies, and whether one that was notified may run. */
import type { Key } from '../model/key.ts';
import type { Step } from '../model/runbook.ts';
import { hasFailed, type Life, markOf, statusOf } from './life.ts';

/** Marks of the handlers that a step notifies. */
export function notifiedMarks(life: Life, step: Step): readonly Key[] {
  return life.context.project.runbook.handlers
    .filter((handler) => step.notify.includes(handler.id) && handler.hosts.has(life.host.name))
    .map((handler) => markOf(life, handler));
}

/** A mark left by a step that failed half-way stays for the next run, unless another notifier changed something. */
export function handlerMayRun(life: Life, handler: Step): boolean {
  const notifiers = life.order
    .filter(({ step }) => step.notify.includes(handler.id))
    .map(({ step }) => step.id);
  const failed = notifiers.some((id) => hasFailed(life, id));
  return !failed || notifiers.some((id) => statusOf(life, id) === 'changed' || brokeOff(life, id));
}

/** It failed after it had changed something, and that counts as met. */
function brokeOff(life: Life, id: string): boolean {
  return statusOf(life, id) === 'ignored' && life.changedSteps.has(id);
}
