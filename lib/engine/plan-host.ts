/** Plans a host's steps on its predicted state: pure, no clock, no wire. */

import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import { sh } from '../base/sh.ts';
import type { Key } from '../model/key.ts';
import type { AnyResource, Change } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { Ended } from './board.ts';
import { owesAfter } from './debt.ts';
import type { HostPlan, PlanInput, Standing } from './host-plan.ts';
import type { Placed } from './order.ts';
import { wasRead } from './picture.ts';
import { planResource, type ResourcePlan } from './plan-resource.ts';
import { foretell, foretellUnknown, stateAt } from './prediction.ts';
import { refsOf } from './read-batch.ts';
import type { StepView } from './step-view.ts';

export function planHost(input: PlanInput): HostPlan {
  const plan: HostPlan = {
    changes: [],
    planned: [],
    ended: [],
    failed: [],
    waiting: [],
    later: [],
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

function planStep(input: PlanInput, plan: HostPlan, placed: Placed, local: Map<string, Standing>): Standing {
  const { step, handler } = placed;
  const need = needs(input, placed, local);
  if (need.kind === 'waiting') {
    plan.waiting.push({ step, for: need.for, tokens: need.tokens ?? [] });
    return need;
  }
  if (need.kind === 'missing') {
    failStep(plan, step, new RunError('failed', need.message, { hint: need.hint }));
    return { kind: 'unmet', reason: `${step.id} failed` };
  }
  if (need.kind === 'unmet') return endStep(plan, placed, { status: 'skipped', met: false }, need.reason);
  if (handler && !isOwed(input, step))
    return endStep(plan, placed, { status: 'ok', met: true }, 'not notified');
  const view = viewSafely(input, plan, step);
  if (view === 'failed') return { kind: 'unmet', reason: `${step.id} failed` };
  if (view.kind === 'skip') return endStep(plan, placed, { status: 'skipped', met: true }, view.reason);
  if (view.kind === 'unknown') return undecided(input, plan, placed, view.unknown.because);
  if (view.partly && input.mode === 'stretch') return undecided(input, plan, placed, view.partly.because);
  return planResources(input, plan, placed, view);
}

function needs(input: PlanInput, placed: Placed, local: ReadonlyMap<string, Standing>): Standing {
  if (!placed.handler) return input.need(placed.step, local);
  for (const id of placed.after) {
    const standing = local.get(id);
    if (standing?.kind === 'waiting') return standing;
  }
  return MET;
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
    failStep(plan, step, error);
    return 'failed';
  }
}

function failStep(plan: HostPlan, step: Step, error: unknown, key?: Key): void {
  const known = error instanceof RunError ? error : undefined;
  const message = faultOf(error, step);
  const hint = error instanceof Error && 'hint' in error ? (error.hint as string | undefined) : undefined;
  plan.failed.push({
    step,
    certain: known?.code !== 'failed',
    failure: {
      message,
      place: formatPlace(step.place),
      ...(hint === undefined ? {} : { hint }),
      ...(known?.output === undefined ? {} : { output: known.output }),
      ...(key === undefined ? {} : { key }),
    },
  });
}

/** What no check was made for: the code of the task, or of its kind, is at fault, and not the runbook. */
function faultOf(error: unknown, { taskName }: Step): string {
  const message = error instanceof Error ? error.message : String(error);
  const native = [TypeError, ReferenceError, RangeError, SyntaxError].some((type) => error instanceof type);
  return native ? `the code of task ${taskName} is at fault: ${(error as Error).name}: ${message}` : message;
}

/** Each step is put off once, for its first reason. */
function putOff(plan: HostPlan, step: Step, reason: string): void {
  if (plan.later.some((later) => later.step === step)) return;
  plan.later.push({ step, reason, after: plan.changes.length });
}

/** A step that rests on something unknown: after what this stretch writes, after another host, or never. */
function undecided(input: PlanInput, plan: HostPlan, placed: Placed, because: string): Standing {
  const { step } = placed;
  if (input.mode === 'foresee') {
    putOff(plan, step, because);
    foretellUnknown(input.prediction, step.id, input.nextId + plan.changes.length, undefined);
    return MET;
  }
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
  failStep(
    plan,
    step,
    new RunError('failed', `${because} gave no value, so ${step.id} cannot be planned`, { hint }),
  );
  return { kind: 'unmet', reason: `${step.id} failed` };
}

function planResources(
  input: PlanInput,
  plan: HostPlan,
  placed: Placed,
  view: Extract<StepView, { kind: 'ready' }>,
): Standing {
  const { step } = placed;
  const unread = view.resources.flatMap(refsOf).filter((ref) => !wasRead(input.prediction.picture, ref.key));
  if (unread.length > 0) {
    plan.unread.push(...unread);
    if (input.mode === 'stretch' && plan.changes.length > 0)
      plan.boundary = { step, because: 'it was not read yet' };
    return { kind: 'waiting', for: 'its states' };
  }
  const changes: Change[] = [];
  for (const resource of view.resources) {
    const outcome = planOne(input, plan, step, resource);
    if (outcome.kind === 'change') changes.push(outcome.change);
    if (outcome.kind === 'stop') return outcome.standing;
  }
  payHandler(input, plan, placed, changes);
  const planned = { step, handler: placed.handler, view, changes };
  plan.planned.push(planned);
  input.planned(planned);
  return MET;
}

type Outcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'stop'; readonly standing: Standing };

function planOne(input: PlanInput, plan: HostPlan, step: Step, resource: AnyResource): Outcome {
  if (resource.act && input.actsDone.has(`${step.id} ${resource.key}`)) return { kind: 'nothing' };
  const id = input.nextId + plan.changes.length;
  let found: ResourcePlan;
  try {
    found = planResource(input.prediction, resource, id, input.mode);
  } catch (error) {
    failStep(plan, step, error, resource.key);
    return { kind: 'stop', standing: { kind: 'unmet', reason: `${step.id} failed` } };
  }
  if (found.kind === 'nothing') return { kind: 'nothing' };
  if (found.kind === 'boundary') {
    plan.boundary = { step, because: found.because };
    return { kind: 'stop', standing: { kind: 'waiting', for: found.because } };
  }
  if (found.kind === 'later') {
    putOff(plan, step, found.because);
    foretellUnknown(input.prediction, step.id, id, resource.key);
    return { kind: 'nothing' };
  }
  const user = input.user(step);
  const change: Change = {
    id,
    host: input.host,
    step: step.id,
    key: resource.key,
    before: found.before,
    draft: found.draft,
    owes: owesAfter(input, step, resource.key, found.draft),
    ...(user === undefined ? {} : { user }),
    ...(found.mayDiffer === undefined ? {} : { mayDiffer: found.mayDiffer }),
  };
  plan.changes.push(change);
  foretell(input.prediction, change);
  return { kind: 'change', change };
}

/** A handler's mark is paid by its last change; a handler that finds nothing to do pays by a change of its own. */
function payHandler(input: PlanInput, plan: HostPlan, placed: Placed, changes: Change[]): void {
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
function payDebts(input: PlanInput, plan: HostPlan): void {
  for (const { step, resource } of input.known) {
    const owed = (resource.debts ?? []).some(({ mark }) => stateAt(input.prediction, mark)?.exists === true);
    if (!owed || !(input.finished(step) || plan.planned.some((planned) => planned.step === step))) continue;
    const outcome = planOne(input, plan, step, resource);
    if (outcome.kind === 'stop') return;
    if (outcome.kind !== 'change') continue;
    const index = plan.planned.findIndex((planned) => planned.step === step);
    const planned = plan.planned[index];
    if (planned) plan.planned[index] = { ...planned, changes: [...planned.changes, outcome.change] };
  }
}
