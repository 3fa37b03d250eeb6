/** Plans what has a lock: without changes it needs none; with some it is a stretch of its own, in the host's turn. */
import type { Step } from '../model/runbook.ts';
import { lockToken } from './board.ts';
import type { HostPlan, PlanInput, Standing } from './host-plan.ts';
import type { Prediction } from './prediction.ts';

/** `plan` plans it; what it plans on a copy first tells whether the lock is needed. */
export function planLocked<T>(
  input: PlanInput,
  plan: HostPlan,
  step: Step,
  act: (input: PlanInput, plan: HostPlan) => T,
): T | Standing {
  const { lock } = step;
  if (!lock || input.mode === 'foresee') return act(input, plan);
  const trial = copyOf(plan);
  act({ ...input, prediction: copyOfPrediction(input.prediction), planned: () => undefined }, trial);
  if (trial.changes.length === plan.changes.length) return act(input, plan);
  if (plan.changes.length > 0) {
    plan.boundary = { step, because: `lock ${lock.name}` };
    return { kind: 'waiting', for: `lock ${lock.name}` };
  }
  if (!input.takeLock(lock)) {
    const turn = { for: `lock ${lock.name}`, tokens: [lockToken(lock.name)] };
    plan.waiting.push({ step, ...turn });
    return { kind: 'waiting', ...turn };
  }
  const standing = act(input, plan);
  plan.boundary ??= { step, because: `lock ${lock.name}` };
  return standing;
}

function copyOf(plan: HostPlan): HostPlan {
  return {
    changes: [...plan.changes],
    planned: [...plan.planned],
    ended: [...plan.ended],
    failed: [...plan.failed],
    waiting: [...plan.waiting],
    later: [...plan.later],
    open: [...plan.open],
    awaited: [...plan.awaited],
    unread: [...plan.unread],
    boundary: plan.boundary,
  };
}

function copyOfPrediction(prediction: Prediction): Prediction {
  return {
    ...prediction,
    overlay: new Map(prediction.overlay),
    setBy: new Map(prediction.setBy),
    voided: new Map(prediction.voided),
    changed: [...prediction.changed],
  };
}
