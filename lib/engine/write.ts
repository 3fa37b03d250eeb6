/** Carries out a host's plan, stretch by stretch, until nothing is left or it has to wait for another host. */
import { RunError } from '../base/error.ts';
import type { Change } from '../model/resource.ts';
import type { ApplyResult, ApplyWatch, Session } from '../remote/contract.ts';
import { LOGIN, withAccounts } from './account.ts';
import { awaitThere } from './await.ts';
import { confirmationOf, rememberMade } from './confirm.ts';
import { consent } from './consent.ts';
import { endUnplannable, endUnplanned, inOrder, stepOf } from './ending.ts';
import { finish } from './finish.ts';
import { comeOf, lookAhead, plan, refuseConflicts } from './foresee.ts';
import { holdFor, letGoPaid } from './hold.ts';
import type { HostPlan, PlannedStep } from './host-plan.ts';
import { intend, noteFound } from './journal.ts';
import type { Life } from './life.ts';
import { fallen, isAct, judge, unitFailures } from './outcome.ts';
import { predict } from './prediction.ts';
import { batchReads } from './read-batch.ts';
import { learn, owing, readRefs, refsOfSteps, wantedRefs } from './reading.ts';
import { failOrRetry, wake } from './retry.ts';
import { refuseMissing, refuseUnreviewed } from './review/bound.ts';
import { refuseProtected } from './review/protect.ts';
import { settleConfirmed, tellFound } from './rollback.ts';
import { noteSince } from './since.ts';
import { applyJob } from './stretch.ts';
import { awaitTurnOn } from './turned-away.ts';
import { readJournals } from './verify.ts';
import { announce, watchApply } from './watch.ts';

/** Gives the plan that has to wait, or undefined when the host has come to its end. */
export async function writeHost(life: Life, session: Session): Promise<HostPlan | undefined> {
  for (;;) {
    if (life.stale) {
      life.stale = false;
      await readRefs(life, wantedRefs(life), session);
    }
    await readDue(life, session);
    const ahead = predict(life.picture);
    const plans = plan(life, ahead, 'stretch', false);
    if (plans.unread.length > 0 && plans.changes.length === 0) {
      await readUnread(life, plans, session);
      continue;
    }
    if (plans.changes.length === 0 && plans.awaited.length > 0) {
      settle(life, plans, plans.planned);
      if (life.context.stopping()) return plans;
      await awaitThere(life, plans.awaited, session);
      continue;
    }
    if (plans.changes.length === 0) {
      if (life.context.bound && refuseMissing(life, comeOf(plans))) return undefined;
      const asleep = life.sleeping.size;
      settle(life, plans, plans.planned);
      tellSettled(life);
      // Who waits for their next try is told by the next plan.
      if (life.sleeping.size > asleep) continue;
      if (plans.boundary)
        throw new RunError('internal', `nothing to do before ${plans.boundary.step.id}, yet it waits`);
      return plans.waiting.length > 0 ? plans : undefined;
    }
    if (life.context.stopping()) return undefined;
    if (!life.lookedAhead) {
      life.lookedAhead = true;
      if ((await lookAhead(life, session)) === 'refused') return undefined;
      continue;
    }
    // What the look ahead could not see: steps over outputs and after boundaries.
    if (refuseConflicts(life, ahead, plans.planned)) continue;
    if (refuseUnreviewed(life, plans.changes) || refuseProtected(life, plans.changes)) return undefined;
    if (!(await consent(life, plans.changes))) continue;
    await applyStretch(life, plans, session);
    letGoPaid(life, plans.changes);
    tellSettled(life);
  }
}

/** What has ended may still be owed a restart, which is a part of it for those whose turn comes after this host. */
function tellSettled(life: Life): void {
  const { rollouts } = life.context;
  if (rollouts.waits && !owing(life)) rollouts.settled(life.host.name);
}

/** One frame for all steps whose next try is due now. */
async function readDue(life: Life, session: Session): Promise<void> {
  const due = new Set(wake(life));
  if (due.size > 0) await readRefs(life, refsOfSteps(life, due), session);
}

async function readUnread(life: Life, plans: HostPlan, session: Session): Promise<void> {
  const before = life.picture.states.size + life.picture.unreadable.size;
  await readRefs(life, plans.unread, session);
  if (life.picture.states.size + life.picture.unreadable.size > before) return;
  throw new RunError('internal', `reading ${plans.unread.map(({ key }) => key).join(', ')} brought nothing`);
}

/** Steps that end without (further) changes, and those that cannot be carried out. */
function settle(life: Life, plans: HostPlan, planned: readonly PlannedStep[]): void {
  for (const each of inOrder(life, [...plans.ended, ...plans.failed, ...planned])) {
    if ('view' in each) finish(life, each);
    else if ('failure' in each && each.by) failOrRetry(life, each.step, each.failure, each.by);
    else if ('failure' in each) endUnplannable(life, each);
    else endUnplanned(life, each);
  }
}

async function applyStretch(life: Life, plans: HostPlan, session: Session): Promise<void> {
  holdFor(life, plans.changes);
  const early = stepsBefore(plans);
  const verify = batchReads(withAccounts(wantedRefs(life), session));
  const watcher = watchApply(life, plans);
  life.stretch += 1;
  life.nextId += plans.changes.length;
  life.context.emit({ kind: 'stage', host: life.host.name, stage: 'writing' });
  const job = applyJob({
    run: life.context.run.id,
    stretch: life.stretch,
    changes: plans.changes,
    verify: verify.parts,
    readAfter: watcher.partsAfter,
    allowLockout: life.context.allowLockout,
    limitMs: (id) => stepOf(life, id)?.timeoutMs,
    lock: {
      owner: life.context.locking.owner,
      runbook: life.context.project.runbook.name,
      name: life.host.name,
    },
    confirm: (sent) => confirmationOf(life, plans.changes, sent),
    account: (user) => (user === LOGIN ? (session.hello?.login ?? 'root') : user),
  });
  let result: ApplyResult;
  let told = false;
  // What was found right is so only when nobody has written since, as the host says before it begins.
  const begun = (): void => {
    if (!told) for (const planned of early) finish(life, planned);
    told = true;
  };
  const watch: ApplyWatch = {
    ...watcher.watch,
    found: (record) => tellFound(life, record),
    sent: (top) => life.context.diary?.to.sent(life.host.name, life.stretch, top),
    begin(id) {
      begun();
      watcher.watch.begin?.(id);
    },
  };
  try {
    await intend(life, plans.changes);
    result = await session.apply(job, watch, life.context.abort);
  } finally {
    watcher.stop();
  }
  if (result.turnedAway) return awaitTurnOn(life, session, result.turnedAway);
  life.wrote = true;
  begun();
  keepCaptured(life, plans.changes, result);
  noteSince(life.since, plans.changes, result);
  learn(life, verify.readings(result.verify));
  noteFound(life, plans.changes);
  for (const change of plans.changes) announce(life, change, result, watcher.started);
  const units = fallen(life, plans, result);
  const journals = await readJournals(units, session);
  const failures = unitFailures(life, units, journals);
  if (job.confirm) {
    const end = await settleConfirmed(
      life,
      { plans, job, result, until: watcher.until(), units: failures },
      session,
    );
    if (end !== 'kept') return;
  }
  rememberMade(life, plans.changes, job, result);
  judge(life, plans, early, result, failures);
}

function showOutput(life: Life, change: Change, captured: Buffer): void {
  const text = captured.toString('utf8').trimEnd();
  if (text !== '') life.context.emit({ kind: 'output', host: life.host.name, step: change.step, text });
}

/** Planned steps with nothing to change before the first change: they have ended already. */
function stepsBefore(plans: HostPlan): readonly PlannedStep[] {
  const first = plans.changes[0]?.step;
  const index = plans.planned.findIndex(({ step, changes }) => changes.length > 0 || step.id === first);
  return index === -1
    ? plans.planned.filter(({ changes }) => changes.length === 0 && first === undefined)
    : plans.planned.slice(0, index);
}

function keepCaptured(life: Life, changes: readonly Change[], result: ApplyResult): void {
  for (const { id, captured, ended, rc, output } of result.changes) {
    const change = changes.find((each) => each.id === id);
    if (change && life.context.showOutput) showOutput(life, change, output);
    if (!change?.draft.captures || ended !== 'done') continue;
    const stdout = captured?.toString('latin1') ?? '';
    if (change.draft.quiet && !life.context.showOutput) showOutput(life, change, captured ?? Buffer.alloc(0));
    // Whether an act is done nobody can read; whether a guard holds now is read again like anything else.
    const predicted = isAct(life, change) ? change.draft.after : {};
    life.captured.set(change.key, { ...predicted, stdout, rc });
  }
}
