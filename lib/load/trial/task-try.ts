/** Asks a project's own tasks what they want, on one host of each step: code that throws is told before anything connects. */
import { RunError } from '../../base/error.ts';
import { findUnknown } from '../../base/unknown.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { child } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { TrialContexts } from './trial-context.ts';

export function isOwn({ step }: BuiltStep): boolean {
  return step.task.placeOf !== undefined;
}

export function tryOwnTasks(built: readonly BuiltStep[], contexts: TrialContexts, report: Report): void {
  for (const each of built) {
    const [host] = each.step.hosts;
    if (!isOwn(each) || each.foreach || host === undefined) continue;
    const fault = tryDesire(each, host, contexts);
    if (fault === undefined) continue;
    const spot = child(each.draft.node, 'task') ?? each.draft.node;
    report.add('task-fault', `${fault.message} (on ${host})`, spot, fault.hint);
  }
}

/** A task that met something unknown may have thrown for that reason: nothing is said then. */
function tryDesire(built: BuiltStep, host: string, contexts: TrialContexts): RunError | undefined {
  const before = contexts.looks;
  try {
    const params = contexts.params(built.step.id, host);
    if (params && findUnknown(params) === undefined) built.step.task.desire(params, contexts.of(built, host));
  } catch (error) {
    // What it refuses on purpose is told in the run, with what the host is like.
    if (error instanceof RunError && error.code === 'invalid' && contexts.looks === before) return error;
  }
  return undefined;
}
