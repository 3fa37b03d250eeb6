/** A host whose turn has not come is not even connected to. */
import { endStep } from './ending.ts';
import type { HostPlan, Standing } from './host-plan.ts';
import { type Life, pendingSteps } from './life.ts';

/**
 * What a host waits for before anything of it begins; undefined where it can begin. Its steps are ended where their
 * turn will never come.
 */
export function awaitTurn(life: Life): HostPlan | undefined {
  const { context, host } = life;
  if (
    !context.rollouts.waits ||
    context.run.dryRun ||
    life.readOnly ||
    life.readSteps.length > 0 ||
    isLookedAt(life)
  )
    return undefined;
  const pending = pendingSteps(life);
  const turns = pending.map(({ step }) => ({ step, turn: context.rollouts.standing(step, host.name) }));
  if (turns.length === 0 || turns.some(({ turn }) => turn.kind === 'met')) return undefined;
  for (const { step, handler } of pending) {
    const turn: Standing = context.rollouts.standing(step, host.name);
    if (turn.kind === 'unmet')
      endStep(life, step, 'skipped', { reason: turn.reason, met: false, quiet: handler });
  }
  const waiting = turns.flatMap(({ step, turn }) =>
    turn.kind === 'waiting' ? [{ step, for: turn.for, tokens: turn.tokens ?? [] }] : [],
  );
  return { ...NOTHING, waiting };
}

const NOTHING: Omit<HostPlan, 'waiting'> = {
  changes: [],
  planned: [],
  ended: [],
  failed: [],
  later: [],
  open: [],
  awaited: [],
  unread: [],
  boundary: undefined,
};

/** Steps of other hosts look at its facts: they have to be read all the same. */
function isLookedAt({ context, host }: Life): boolean {
  const { runbook } = context.project;
  return [...runbook.steps, ...runbook.handlers].some((step) => {
    const named = context.steps.foreignFacts(step);
    return named.includes('*') || named.includes(host.name);
  });
}
