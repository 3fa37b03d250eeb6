/** A stretch that is to be confirmed: kept by a new login, or taken back; and what its steps have come to then. */
import { formatPlace } from '../base/problem.ts';
import type { FailureInfo } from '../model/event.ts';
import type { Change } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { ApplyJob, ApplyResult, Decision, Session } from '../remote/contract.ts';
import { awaitedText } from './confirm.ts';
import { endStep } from './ending.ts';
import type { HostPlan } from './host-plan.ts';
import type { Life } from './life.ts';
import { type Failed, failedChanges, nameOf, succeeded } from './outcome.ts';
import { readRefs, wantedRefs } from './reading.ts';
import { verifySteps } from './verify.ts';

/** The time of a short deadline is over soon. */
const AWAITED_MS = 2500;

export interface Written {
  readonly plans: HostPlan;
  readonly job: ApplyJob;
  readonly result: ApplyResult;
  /** When the host takes it back, where its time runs already. */
  readonly until: number | undefined;
  /** Units that fell over, each with the step that started it. */
  readonly units: readonly { readonly step: Step; readonly failure: FailureInfo }[];
}

/**
 * kept: go on and judge it. again: it was taken back because something else on the host had changed; plan again. taken:
 * its steps have ended.
 */
export async function settleConfirmed(
  life: Life,
  written: Written,
  session: Session,
): Promise<'kept' | 'again' | 'taken'> {
  const { plans, job, result, units } = written;
  const results = new Map(result.changes.map((each) => [each.id, each]));
  const drifted = result.changes.some(({ ended }) => ended === 'drifted');
  const whole = result.changes.every(succeeded);
  const found = whole ? unsettledNow(life, plans, units) : failedChanges(life, plans, results);
  const want = whole && found.size === 0 ? 'confirm' : 'revert';
  const quiet = want === 'confirm' ? tellAwaited(life, written) : () => undefined;
  const decision = await session.decide(job, want, life.context.abort).finally(quiet);
  if (decision.kind === 'confirmed') return 'kept';
  // Where its time was over, what was read is what it was before: that is no cause.
  const late = whole && decision.kind === 'reverted' && !['asked', 'failed'].includes(decision.by);
  const failures = late ? new Map<string, Failed>() : found;
  const touched = touchedChanges(life, written, decision);
  // Nothing was begun, so nothing was taken back: its own failure says all.
  if (touched.length === 0 && !whole) return 'kept';
  life.stale = false;
  await readRefs(life, wantedRefs(life), session);
  forgetMade(life, plans, touched);
  tell(life, touched, decision);
  if (drifted && failures.size === 0) return 'again';
  endSteps(life, touched, decision, failures, job);
  return 'taken';
}

/** Says now and again that a login is awaited, and until when; gives what ends that. */
function tellAwaited(life: Life, { plans, job, until }: Written): () => void {
  const began = performance.now();
  const last = plans.changes.findLast(({ draft }) => draft.quiet !== true) ?? plans.changes[0];
  const over = until ?? Date.now() + (job.confirm?.deadlineMs ?? 0);
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    const { name: host } = life.host;
    const text = awaitedText(over);
    life.context.emit({ kind: 'progress', host, step: last?.step ?? '', text, seconds, lastLine: '' });
  }, AWAITED_MS);
  return () => clearInterval(timer);
}

/** What was read after the write shows that it does not hold. Steps that are tried again have their own time. */
function unsettledNow(life: Life, plans: HostPlan, units: Written['units']): Map<string, Failed> {
  const mine = plans.planned.filter((planned) => planned.changes.length > 0 && !life.done.has(planned));
  for (const planned of mine) life.done.add(planned);
  const broken = [...units, ...verifySteps(life)].filter(({ step }) => step.retry === undefined);
  for (const planned of mine) life.done.delete(planned);
  return new Map(broken.map(({ step, failure }) => [step.id, { failure, by: 'reading' as const }]));
}

/** Changes of this stretch and of earlier ones that have been taken back, or have been made and cannot be. */
function touchedChanges(life: Life, { plans, job, result }: Written, decision: Decision): readonly Change[] {
  const parts: ReadonlyMap<number, unknown> = decision.kind === 'reverted' ? decision.parts : new Map();
  const results = new Map(result.changes.map((each) => [each.id, each]));
  const begun = ({ id, draft }: Change): boolean => {
    const ended = results.get(id)?.ended;
    const stays = draft.back === undefined && draft.quiet !== true;
    return stays && (ended === 'done' || ended === 'hung' || ended === 'lost');
  };
  const own = plans.changes.filter((change) => parts.has(change.id) || begun(change));
  const also = new Set(job.confirm?.also.map(({ id }) => id));
  return [...life.made.flatMap(({ change }) => (also.has(change.id) ? [change] : [])), ...own];
}

/** As if they had not been made: acts count as not done, steps as not carried out. */
function forgetMade(life: Life, plans: HostPlan, touched: readonly Change[]): void {
  const steps = new Set(touched.map(({ step }) => step));
  const keys = new Set([...plans.changes, ...touched].map(({ key }) => key));
  for (const key of keys) life.captured.delete(key);
  for (const planned of life.done) if (steps.has(planned.step.id)) life.done.delete(planned);
  for (const step of steps) life.changedSteps.delete(step);
  const gone = new Set(touched.map(({ id }) => id));
  life.made.splice(0, life.made.length, ...life.made.filter(({ change }) => !gone.has(change.id)));
}

/** One event for each change, in the order in which they were taken back. */
function tell(life: Life, touched: readonly Change[], decision: Decision): void {
  for (const change of [...touched].reverse()) {
    if (change.draft.quiet) continue;
    const { id, step, key, draft } = change;
    const outcome = outcomeOf(change, decision);
    const output = decision.kind === 'reverted' ? decision.parts.get(id)?.output.trimEnd() : undefined;
    const leaves = draft.back?.leaves;
    life.context.emit({
      kind: 'revert',
      host: life.host.name,
      step,
      id,
      key,
      outcome,
      ...(leaves ? { leaves } : {}),
      ...(outcome === 'failed' && output ? { output } : {}),
    });
  }
}

function outcomeOf({ id, draft }: Change, decision: Decision): 'restored' | 'failed' | 'stays' {
  if (!draft.back) return 'stays';
  const part = decision.kind === 'reverted' ? decision.parts.get(id) : undefined;
  return part?.rc === 0 ? 'restored' : 'failed';
}

const AGAIN = 'a run after this plans the same again, and would try it again: mend the cause first';
const LOOK = 'look at the host now: it is neither as it was nor as it should be';

function endSteps(
  life: Life,
  touched: readonly Change[],
  decision: Decision,
  failures: ReadonlyMap<string, Failed>,
  job: ApplyJob,
): void {
  const [cause] = failures.keys();
  const reason = cause === undefined ? withoutLogin(decision, job) : `step ${cause} failed`;
  const ids = new Set([...touched.map(({ step }) => step), ...failures.keys()]);
  for (const { step } of life.order) {
    if (!ids.has(step.id)) continue;
    const own = failures.get(step.id)?.failure;
    const changes = touched.filter((change) => change.step === step.id && change.draft.quiet !== true);
    if (changes.length === 0) {
      if (own) endStep(life, step, 'failed', { failure: own });
      continue;
    }
    const lost = changes.filter((change) => outcomeOf(change, decision) !== 'restored');
    const lines = lost.map((change) =>
      outcomeOf(change, decision) === 'stays'
        ? `${nameOf(change)}: stays, as there is no way back from it`
        : `${nameOf(change)}: HAS NOT COME BACK`,
    );
    const first = own ? `${own.message}; taken back` : `taken back: ${reason}`;
    const failure: FailureInfo = {
      place: formatPlace(step.place),
      ...own,
      message: [first, ...lines].join('\n'),
      hint: lost.length > 0 ? `${LOOK} (docs/trouble.md)` : AGAIN,
    };
    endStep(life, step, 'rolled_back', { failure, met: false });
  }
}

function withoutLogin(decision: Decision, job: ApplyJob): string {
  const seconds = (job.confirm?.deadlineMs ?? 0) / 1000;
  if (decision.kind !== 'reverted')
    return 'the host does not know any more what it has done; nothing is certain';
  if (decision.by === 'boot') return 'the host was booted before a new login had succeeded';
  const because = decision.because === undefined ? '' : `: ${decision.because}`;
  return `no new login succeeded within ${seconds} s${because}`;
}

/** Changes of a run that has gone, which the host took back since. */
export function tellFound({ context, host }: Life, record: string): void {
  const [name = '', ...rest] = record.split(' ');
  const lines = rest.join(' ').split(';');
  const ids = (wanted: (status: string) => boolean): ReadonlySet<string> =>
    new Set(
      lines.flatMap((line) => {
        const [letter, id = '', status = ''] = line.split(' ');
        return (letter === 'R' || letter === 'F') && wanted(status) ? [id] : [];
      }),
    );
  const lost = ids((status) => status !== '0');
  const all = ids(() => true).size;
  const run = name.split('.')[0];
  const not = lost.size > 0 ? `; ${lost.size} of ${all} HAVE NOT COME BACK: look at the host` : '';
  const message = `changes of run ${run} were not confirmed, and taken back by the host since${not}`;
  context.emit({ kind: 'warning', host: host.name, message });
}
