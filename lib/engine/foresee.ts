/** Plans without writing: the dry run, the look ahead before the first write, and what is read for others' sake. */
import { formatPlace } from '../base/problem.ts';
import type { Session } from '../remote/contract.ts';
import { timeLeft } from './await.ts';
import { confirmSaid, cuttingSteps, waitOf } from './confirm.ts';
import { endStep, endUnplannable, endUnplanned, inOrder } from './ending.ts';
import { nameOf, rival, unsettled, type Wanted } from './fixpoint.ts';
import type { HostPlan, PlannedStep } from './host-plan.ts';
import { type Life, markOf, pendingSteps, statusOf } from './life.ts';
import { standingOf } from './need.ts';
import { refuseNoWayBack } from './no-way-back.ts';
import { handlerMayRun, notifiedMarks } from './notify.ts';
import { tellObserved } from './observe.ts';
import { isAct } from './outcome.ts';
import { outputsOf } from './own.ts';
import { planHost } from './plan-host.ts';
import { type Prediction, predict } from './prediction.ts';
import { debtors, readRefs } from './reading.ts';
import { lostAct } from './resume.ts';
import { mayRetry, triesAhead } from './retry.ts';
import { type Come, refuseDrift, refuseMissing, refuseUnreviewed } from './review/bound.ts';
import { causeOf } from './review/cause.ts';
import { followers } from './review/follower.ts';
import { refuseProtected } from './review/protect.ts';

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
    wait: (id, draft) => waitOf(life, id, draft),
    allowLockout: context.allowLockout,
    actsDone: life.actsDone,
    lostAct: (step, key) => lostAct(life, step.id, key),
    debtors: debtors(life),
    finished: ({ id }) => ['ok', 'changed'].includes(statusOf(life, id) ?? ''),
    notified: (step) => notifiedMarks(life, step),
    takeLock: (lock) => context.locks.take(lock, host.name),
    timeLeft: (step, resource) => timeLeft(life, step, resource),
    asleep: (step) => life.sleeping.has(step.id),
    triesAhead: (step) => (mayRetry(life, step) ? triesAhead(life, step) : undefined),
    until: ({ step, view }) => life.viewer.until(step, outputsOf({ step, view }, prediction)),
    handlerMayRun: (handler) => handlerMayRun(life, handler),
  });
  life.planning = undefined;
  return plans;
}

/**
 * Before the first write: plans the whole host and says why it must not be touched. Steps that would fail on
 * nothing uncertain, and steps that want different states of one thing.
 */
export async function lookAhead(life: Life, session: Session): Promise<'clear' | 'refused'> {
  const { context } = life;
  let ahead = predict(life.picture);
  let plans = plan(life, ahead, 'foresee', true);
  if (plans.unread.length > 0) {
    await readRefs(life, plans.unread, session);
    ahead = predict(life.picture);
    plans = plan(life, ahead, 'foresee', true);
  }
  life.cutting = cuttingSteps(plans.changes);
  if (refuseDrift(life) || refuseUnreviewed(life, plans.changes)) return 'refused';
  if (refuseProtected(life, plans.changes) || refuseNoWayBack(life, plans.changes)) return 'refused';
  // What is to be ignored keeps nobody from the first write. Nothing failed when a plan was made that this run is bound to.
  const bound = context.bound !== undefined;
  const certain = plans.failed.filter(
    (each) => (each.certain || bound) && each.step.ignoreErrors === undefined,
  );
  if (bound && certain.length > 0) life.drifted = true;
  for (const { step, failure } of certain) endStep(life, step, 'failed', { failure });
  if (certain.length > 0) return 'refused';
  return refuseMissing(life, comeOf(plans)) || refuseConflicts(life, ahead, plans.planned)
    ? 'refused'
    : 'clear';
}

/** What a plan says of changes that a review holds. */
export function comeOf({ changes, planned, ended, failed, waiting }: HostPlan): Come {
  const idle = ended.filter((each) => each.ended.met);
  const steps = failed.length > 0 ? [] : [...planned, ...idle].map(({ step }) => step.id);
  return { changes, steps: new Set(steps), whole: waiting.length === 0 };
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
      ? `, which step ${nameOf(other)} (${formatPlace(other.step.place)}) sets otherwise`
      : ' again after it was set';
    if (statusOf(life, item.step.id) === 'failed') continue;
    endStep(life, item.step, 'failed', {
      failure: {
        message: `step ${nameOf(item)} wants ${item.resource.key} to be different${against}: ${item.summary}`,
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
      emit({ kind: 'later', host, step: step.id, reason, place: formatPlace(step.place) });
    }
  };
  life.foreseen.changes.push(...plans.changes);
  life.foreseen.open.push(...plans.open);
  plans.changes.forEach((change, index) => {
    const { id, step, key, name = key, draft, mayDiffer } = change;
    tellLater(index);
    if (draft.quiet) return;
    life.changedSteps.add(step);
    const { action, summary, diff, inverse } = draft;
    const place = causeOf(life, step, key);
    const times = life.context.steps.get(step)?.retry?.times;
    const guess = {
      ...(mayDiffer === undefined ? {} : { mayDiffer }),
      ...(times === undefined ? {} : { retries: times }),
    };
    const more = { ...(isAct(life, change) ? { act: true as const } : {}), ...confirmSaid(life, change) };
    const told = { action, summary, diff, inverse, place, dryRun: true, seconds: 0, ...guess, ...more };
    emit({ kind: 'change', host, step, id, key: name, ...told });
  });
  tellLater(plans.changes.length);
  life.nextId += plans.changes.length;
  for (const each of inOrder(life, [...plans.ended, ...plans.failed, ...plans.planned])) {
    if ('view' in each) endPlanned(life, each);
    else if ('failure' in each) endUnplannable(life, each);
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
  const { changes } = life.foreseen;
  if (refuseDrift(life) || refuseUnreviewed(life, changes) || refuseProtected(life, changes)) return;
  if (life.failures.length === 0 && refuseMissing(life, { changes, steps: endedWell(life), whole: true }))
    return;
  if (!refuseConflicts(life, life.foresight, [...life.done])) tellFollowers(life);
}

function endedWell(life: Life): ReadonlySet<string> {
  const well = [...life.ended].filter(([id, { met }]) => met && !life.putOff.has(id));
  return new Set(well.map(([id]) => id));
}

/** Handlers and restarts that come only if what is known after apply turns out to be a change. */
function tellFollowers(life: Life): void {
  const { changes, open } = life.foreseen;
  const causes = open.filter(({ step, right }) => !right && life.putOff.has(step.id));
  for (const { step, reason } of followers(life, causes, changes)) {
    if (life.putOff.has(step.id) || !['ok', 'changed'].includes(statusOf(life, step.id) ?? '')) continue;
    life.putOff.add(step.id);
    const place = formatPlace(step.place);
    life.context.emit({ kind: 'later', host: life.host.name, step: step.id, reason, place });
  }
}
