/** Plans a host's steps on its predicted state: pure, no clock, no wire. */

import { RunError } from '../base/error.ts';
import { Unknown } from '../base/unknown.ts';
import type { Change } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import { afterWaiting, awaitNow } from './await.ts';
import { type Ended, tryToken } from './board.ts';
import type { HostPlan, PlanInput, Standing } from './host-plan.ts';
import { observe } from './observe.ts';
import type { Placed } from './order.ts';
import { payDebts, payHandler } from './plan-debt.ts';
import { planLocked } from './plan-locked.ts';
import { type Cause, failStep, planOne, putOff } from './plan-one.ts';
import { foretellUnknown, stateAt } from './prediction.ts';
import { unreadOf } from './read-batch.ts';
import type { StepView } from './step-view.ts';
import { untilFault } from './until.ts';

export function planHost(input: PlanInput): HostPlan {
  const plan: HostPlan = {
    changes: [],
    planned: [],
    ended: [],
    failed: [],
    waiting: [],
    later: [],
    open: [],
    awaited: [],
    unread: [],
    boundary: undefined,
  };
  const local = new Map<string, Standing>();
  for (const placed of input.pending) {
    local.set(placed.step.id, planStep(input, plan, placed, local));
    if (plan.boundary || (plan.unread.length > 0 && input.mode === 'stretch')) return plan;
  }
  if (plan.waiting.length === 0 && plan.unread.length === 0) payDebts(input, plan);
  return plan;
}

const MET: Standing = { kind: 'met' };

function failed({ id, ignoreErrors }: Step): Standing {
  return ignoreErrors === undefined ? { kind: 'unmet', reason: `${id} failed` } : MET;
}

function planStep(input: PlanInput, plan: HostPlan, placed: Placed, local: Map<string, Standing>): Standing {
  const { step, handler } = placed;
  const need = needs(input, placed, local);
  if (need.kind === 'waiting') {
    plan.waiting.push({ step, for: need.for, tokens: need.tokens ?? [] });
    return need;
  }
  if (need.kind === 'missing') {
    const error = new RunError('failed', need.message, { hint: need.hint });
    failStep(plan, step, { error }, [], 'elsewhere');
    return { kind: 'unmet', reason: `${step.id} failed` };
  }
  if (handler && !isOwed(input, step))
    return endStep(plan, placed, { status: 'ok', met: true }, 'not notified');
  if (need.kind === 'unmet') return endStep(plan, placed, { status: 'skipped', met: false }, need.reason);
  if (input.asleep(step)) return sleeps(input, plan, step);
  const view = viewSafely(input, plan, step);
  if (view === 'failed') return failed(step);
  if (view.kind === 'skip') return endStep(plan, placed, { status: 'skipped', met: true }, view.reason);
  if (view.kind === 'unknown') return undecided(input, plan, placed, view.unknown.because);
  if (view.partly && input.mode === 'stretch') return undecided(input, plan, placed, view.partly.because);
  return planLocked(input, plan, step, (...on) => planResources(...on, placed, view));
}

function needs(input: PlanInput, placed: Placed, local: ReadonlyMap<string, Standing>): Standing {
  if (!placed.handler) return input.need(placed.step, local);
  for (const id of placed.after) {
    const standing = local.get(id);
    if (standing?.kind === 'waiting') return standing;
  }
  return input.need(placed.step, local);
}

function isOwed(input: PlanInput, step: Step): boolean {
  return stateAt(input.prediction, input.markOf(step))?.exists === true && input.handlerMayRun(step);
}

function endStep(plan: HostPlan, placed: Placed, ended: Ended, reason: string): Standing {
  plan.ended.push({ step: placed.step, handler: placed.handler, ended, reason });
  return ended.met ? MET : { kind: 'unmet', reason };
}

function viewSafely(input: PlanInput, plan: HostPlan, step: Step): StepView | 'failed' {
  try {
    return input.view(step);
  } catch (error) {
    failStep(plan, step, { error });
    return 'failed';
  }
}

/** A step that rests on something unknown: after what this stretch writes, after another host, or never. */
function undecided(input: PlanInput, plan: HostPlan, placed: Placed, because: string): Standing {
  const { step } = placed;
  if (input.mode === 'foresee') return later(input, plan, step, because);
  if (plan.changes.length > 0) {
    plan.boundary = { step, because };
    return { kind: 'waiting', for: because };
  }
  const blocker = plan.waiting.at(0);
  if (blocker) {
    plan.waiting.push({ step, for: because, tokens: blocker.tokens });
    return { kind: 'waiting', for: because };
  }
  const hint = 'see how that step ended; where tags left it out, run it first';
  const message = `${because} gave no value, so ${step.id} cannot be planned`;
  failStep(plan, step, { error: new RunError('failed', message, { hint }) });
  return failed(step);
}

function planResources(
  input: PlanInput,
  plan: HostPlan,
  placed: Placed,
  view: Extract<StepView, { kind: 'ready' }>,
): Standing {
  const { step } = placed;
  const unread = unreadOf(view.resources, input.prediction.picture);
  if (unread.length > 0) {
    plan.unread.push(...unread);
    if (input.mode === 'stretch' && plan.changes.length > 0)
      plan.boundary = { step, because: 'it was not read yet' };
    return { kind: 'waiting', for: 'its states' };
  }
  const changes: Change[] = [];
  const broken: Cause[] = [];
  for (const resource of view.resources) {
    // Behind a check that does not hold the others are still asked: together they tell more. Nothing else is planned.
    if (broken.length > 0 && !resource.observe) continue;
    const outcome = planOne(input, plan, step, resource);
    if (outcome.kind === 'change') changes.push(outcome.change);
    if (outcome.kind === 'failed') broken.push({ resource, error: outcome.error });
    if (outcome.kind === 'failed' && !resource.observe) break;
    if (outcome.kind === 'stop' && broken.length === 0) return outcome.standing;
  }
  const [first, ...rest] = broken;
  if (first) {
    const waits = awaitNow(input, plan, step, broken);
    if (waits) return waits;
    const tell = (cause: Cause) => afterWaiting(input, step, cause);
    return failNow(input, plan, step, [tell(first), ...rest.map(tell)], 'reading');
  }
  payHandler(input, plan, placed, changes);
  const observed = observe(view.resources, input.prediction);
  const planned = { step, handler: placed.handler, view, changes, observed };
  if (step.until) {
    if (changes.length === 0) {
      const holds = input.until(planned);
      if (holds instanceof Unknown && input.mode === 'foresee') putOff(plan, step, holds.because);
      else if (holds !== true)
        return failNow(input, plan, step, [{ error: untilFault(step, holds) }], 'until');
    } else if (input.mode === 'foresee')
      putOff(plan, step, 'its `until`, which is asked once it is carried out');
  }
  plan.planned.push(planned);
  input.planned(planned);
  // Whoever needs it goes on once `until` has been asked, which can be done only after the write.
  return step.until && changes.length > 0 && input.mode === 'stretch'
    ? { kind: 'waiting', for: `\`until\` of ${step.id}` }
    : MET;
}

/** Before the write nobody can say how the next tries will end: a dry run says so, and goes on. */
function failNow(
  input: PlanInput,
  plan: HostPlan,
  step: Step,
  [first, ...also]: readonly [Cause, ...Cause[]],
  by: 'reading' | 'until',
): Standing {
  const ahead = input.triesAhead(step);
  if (ahead === undefined || input.mode === 'stretch') {
    failStep(plan, step, first, also, by);
    return ahead === undefined ? failed(step) : { kind: 'waiting', for: ahead, tokens: [tryToken(step.id)] };
  }
  const why = first.error instanceof Error ? first.error.message : String(first.error);
  return later(input, plan, step, `${ahead} (now: ${why.split('\n')[0]})`);
}

function sleeps(input: PlanInput, plan: HostPlan, step: Step): Standing {
  const ahead = input.triesAhead(step) ?? 'its last try';
  if (input.mode === 'foresee') return later(input, plan, step, ahead);
  const tokens = [tryToken(step.id)];
  plan.waiting.push({ step, for: ahead, tokens });
  return { kind: 'waiting', for: ahead, tokens };
}

function later(input: PlanInput, plan: HostPlan, step: Step, because: string): Standing {
  putOff(plan, step, because);
  plan.open.push({ step, reason: because });
  foretellUnknown(input.prediction, step.id, input.nextId + plan.changes.length, undefined);
  return MET;
}
