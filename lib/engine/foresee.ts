/** Plans without writing: the dry run, the look ahead before the first write, and what is read for others' sake. */
import { formatPlace } from '../base/problem.ts';
import type { Key } from '../model/key.ts';
import type { Ref } from '../model/kind.ts';
import type { Step } from '../model/runbook.ts';
import type { Session } from '../remote/contract.ts';
import { endStep, endUnplanned, inOrder } from './ending.ts';
import { rival, unsettled, type Wanted } from './fixpoint.ts';
import type { HostPlan, PlannedStep } from './host-plan.ts';
import { type Life, markOf, pendingSteps, statusOf } from './life.ts';
import { standingOf } from './need.ts';
import { tellObserved } from './observe.ts';
import { outputsOf } from './own.ts';
import { planHost } from './plan-host.ts';
import { type Prediction, predict, stateAt } from './prediction.ts';
import { unreadOf } from './read-batch.ts';
import { debtors, readRefs } from './reading.ts';

export function plan(
  life: Life,
  prediction: Prediction,
  mode: 'foresee' | 'stretch',
  aloof: boolean,
): HostPlan {
  const { context, host } = life;
  const planned: PlannedStep[] = [];
  life.planning = { prediction, planned, certain: mode === 'stretch' };
  const source = { context, host: host.name, aloof, ended: (id: string) => life.ended.get(id) };
  const plans = planHost({
    host: host.name,
    mode,
    pending: pendingSteps(life),
    prediction,
    nextId: life.nextId,
    view: (step) => life.viewer.view(step),
    planned: (step) => planned.push(step),
    need: (step, local) => standingOf(source, step, local),
    markOf: (step) => markOf(life, step),
    user: (step) => life.accounts.of(step),
    actsDone: life.actsDone,
    debtors: debtors(life),
    finished: ({ id }) => ['ok', 'changed'].includes(statusOf(life, id) ?? ''),
    notified: (step) => notifiedMarks(life, step),
    handlerMayRun: (handler) => handlerMayRun(life, handler),
  });
  life.planning = undefined;
  return plans;
}

function notifiedMarks(life: Life, step: Step): readonly Key[] {
  return life.context.project.runbook.handlers
    .filter((handler) => step.notify.includes(handler.id) && handler.hosts.has(life.host.name))
    .map((handler) => markOf(life, handler));
}

/** A mark left by a step that failed half-way stays for the next run, unless another notifier changed something. */
function handlerMayRun(life: Life, handler: Step): boolean {
  const notifiers = life.order
    .filter(({ step }) => step.notify.includes(handler.id))
    .map(({ step }) => step.id);
  const failed = notifiers.some((id) => statusOf(life, id) === 'failed');
  return !failed || notifiers.some((id) => statusOf(life, id) === 'changed');
}

/**
 * Before the first write: plans the whole host and says why it must not be touched. Steps that would fail on
 * nothing uncertain, and steps that want different states of one thing.
 */
export async function lookAhead(life: Life, session: Session): Promise<'clear' | 'refused'> {
  let ahead = predict(life.picture);
  let plans = plan(life, ahead, 'foresee', true);
  if (plans.unread.length > 0) {
    await readRefs(life, plans.unread, session);
    ahead = predict(life.picture);
    plans = plan(life, ahead, 'foresee', true);
  }
  const certain = plans.failed.filter((failed) => failed.certain);
  for (const { step, failure } of certain) endStep(life, step, 'failed', { failure });
  if (certain.length === 0) return refuseConflicts(life, ahead, plans.planned) ? 'refused' : 'clear';
  return 'refused';
}

/** Ends the steps among these that contradict another one in this prediction; true when there are any. */
export function refuseConflicts(
  life: Life,
  prediction: Prediction,
  planned: readonly PlannedStep[],
): boolean {
  // Nothing is planned to change: all of it holds as it is.
  if (prediction.overlay.size === 0) return false;
  const wanted: Wanted[] = planned
    .filter(({ handler }) => !handler)
    .flatMap(({ step, view }) => view.resources.map((resource) => ({ step, resource })));
  const found = unsettled(prediction, wanted, life.nextId, 'prediction');
  for (const item of found) {
    const other = rival(prediction, item, wanted);
    const against = other
      ? `, which step ${other.id} (${formatPlace(other.place)}) sets otherwise`
      : ' again after it was set';
    if (statusOf(life, item.step.id) === 'failed') continue;
    endStep(life, item.step, 'failed', {
      failure: {
        message: `step ${item.step.id} wants ${item.resource.key} to be different${against}: ${item.summary}`,
        hint: 'let one step own it, or say `transient` where the passage is meant',
        place: formatPlace(item.step.place),
        key: item.resource.key,
        diff: item.diff,
      },
    });
  }
  if (found.length > 0) life.refused = true;
  return found.length > 0;
}

/** One pass of a dry run; gives what it still waits for. */
export async function foresee(life: Life, session: Session): Promise<HostPlan> {
  for (;;) {
    const plans = plan(life, life.foresight, 'foresee', false);
    report(life, plans);
    if (plans.unread.length === 0) {
      if (plans.waiting.length === 0) finishDryRun(life);
      return plans;
    }
    const before = life.picture.states.size + life.picture.unreadable.size;
    await readRefs(life, plans.unread, session);
    if (life.picture.states.size + life.picture.unreadable.size === before) return plans;
  }
}

function report(life: Life, plans: HostPlan): void {
  const { emit } = life.context;
  const host = life.host.name;
  const later = [...plans.later];
  const tellLater = (count: number): void => {
    while (later[0] && later[0].after <= count) {
      const { step, reason } = later.shift() as (typeof later)[number];
      life.putOff.add(step.id);
      emit({ kind: 'later', host, step: step.id, reason });
    }
  };
  plans.changes.forEach(({ id, step, key, draft, mayDiffer }, index) => {
    tellLater(index);
    if (draft.quiet) return;
    life.changedSteps.add(step);
    const { action, summary, diff } = draft;
    const guess = mayDiffer === undefined ? {} : { mayDiffer };
    emit({ kind: 'change', host, step, id, key, action, summary, diff, dryRun: true, seconds: 0, ...guess });
  });
  tellLater(plans.changes.length);
  life.nextId += plans.changes.length;
  for (const each of inOrder(life, [...plans.ended, ...plans.failed, ...plans.planned])) {
    if ('view' in each) endPlanned(life, each);
    else if ('failure' in each) endStep(life, each.step, 'failed', { failure: each.failure });
    else endUnplanned(life, each);
  }
  // What cannot be decided before the apply has no outputs yet, and holds nobody up.
  for (const { step } of plans.later)
    if (!life.ended.has(step.id)) endStep(life, step, 'ok', { reason: 'known after apply' });
}

function endPlanned(life: Life, planned: PlannedStep): void {
  life.done.add(planned);
  const { id } = planned.step;
  const outputs = outputsOf(planned, life.foresight);
  tellObserved(life, id, planned.observed);
  endStep(life, planned.step, life.changedSteps.has(id) ? 'changed' : 'ok', outputs ? { outputs } : {});
}

function finishDryRun(life: Life): void {
  refuseConflicts(life, life.foresight, [...life.done]);
}

/** Steps read for others: their outputs from what is there, and whether they are in place. */
export async function look(life: Life, session: Session): Promise<void> {
  const { board, project } = life.context;
  await readRefs(
    life,
    life.readSteps.flatMap((step) => unread(life, step)),
    session,
  );
  for (const step of life.readSteps) {
    // What rests on outputs of a step before it can be told only now.
    await readRefs(life, unread(life, step), session);
    const view = life.viewer.view(step);
    const now = predict(life.picture);
    const outputs = view.kind === 'ready' ? outputsOf({ step, view }, now) : undefined;
    // An edge to a step that tags leave out counts as met, whatever its state.
    const met = project.leftOut.has(step.id) || inPlace(step, view, now, outputs);
    const ended = { status: 'ok', met } as const;
    life.ended.set(step.id, ended);
    board.end(step.id, life.host.name, ended, outputs);
    life.viewer.refresh();
  }
}

function unread(life: Life, step: Step): readonly Ref[] {
  const view = life.viewer.view(step);
  if (view.kind !== 'ready') return [];
  return unreadOf(view.resources, life.picture);
}

function inPlace(
  step: Step,
  view: ReturnType<Life['viewer']['view']>,
  now: Prediction,
  outputs: Readonly<Record<string, unknown>> | undefined,
): boolean {
  if (view.kind === 'skip') return true;
  if (view.kind === 'unknown') return false;
  const missing = view.resources.some(
    (resource) => stateAt(now, resource.key)?.exists !== true && !resource.act,
  );
  if (outputs) return !missing;
  const wanted = view.resources.map((resource) => ({ step, resource }));
  return unsettled(now, wanted, 1, 'reading').length === 0;
}
