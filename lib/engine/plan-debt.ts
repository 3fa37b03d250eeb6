/** Plans what is owed at the end: a handler's mark with its last change, restarts for what changed after them. */
import { sh } from '../base/sh.ts';
import type { Key } from '../model/key.ts';
import type { Change } from '../model/resource.ts';
import { tryToken } from './board.ts';
import type { HostPlan, PlanInput } from './host-plan.ts';
import type { Placed } from './order.ts';
import { planLocked } from './plan-locked.ts';
import { planOne } from './plan-one.ts';
import { foretell, stateAt } from './prediction.ts';

/** A handler's mark is paid by its last change; a handler that finds nothing to do pays by a change of its own. */
export function payHandler(input: PlanInput, plan: HostPlan, placed: Placed, changes: Change[]): void {
  if (!placed.handler) return;
  const mark = input.markOf(placed.step);
  const last = changes.at(-1);
  if (!last) {
    const change = {
      ...payment(mark),
      id: input.nextId + plan.changes.length,
      host: input.host,
      step: placed.step.id,
    };
    plan.changes.push(change);
    changes.push(change);
    foretell(input.prediction, change);
    return;
  }
  const paid = { ...last, draft: { ...last.draft, pays: [...(last.draft.pays ?? []), mark] } };
  plan.changes[plan.changes.indexOf(last)] = paid;
  changes[changes.length - 1] = paid;
  foretell(input.prediction, paid);
}

function payment(mark: Key): Omit<Change, 'id' | 'host' | 'step'> {
  const after = { exists: false };
  return {
    key: mark,
    before: { exists: true },
    owes: [],
    draft: {
      action: 'delete',
      summary: 'nothing is left to do for it',
      diff: [],
      after,
      run: sh`:`,
      effects: [],
      opaque: false,
      pays: [mark],
      quiet: true,
      inverse: 'no',
    },
  };
}

/**
 * What is owed to resources planned earlier (a restart for a file changed after it) is planned last, once. Steps that
 * failed, were skipped or left out are not acted for: their marks wait on the host.
 */
export function payDebts(input: PlanInput, plan: HostPlan): void {
  for (const { step, resource } of input.debtors) {
    const owed = (resource.debts ?? []).some(({ mark }) => stateAt(input.prediction, mark)?.exists === true);
    if (!owed || !(input.finished(step) || plan.planned.some((planned) => planned.step === step))) continue;
    if (input.asleep(step)) {
      plan.waiting.push({ step, for: input.triesAhead(step) ?? 'its last try', tokens: [tryToken(step.id)] });
      continue;
    }
    const outcome = planLocked(input, plan, step, (...on) => planOne(...on, step, resource));
    if (outcome.kind === 'stop' || (outcome.kind === 'waiting' && plan.boundary)) return;
    if (outcome.kind !== 'change') continue;
    const index = plan.planned.findIndex((planned) => planned.step === step);
    const planned = plan.planned[index];
    if (planned) plan.planned[index] = { ...planned, changes: [...planned.changes, outcome.change] };
    if (step.lock && plan.boundary) return;
  }
}
