/**
 * A run whose whole plan is looked at first: a dry run of all hosts in memory, a decision, then the run itself, bound
 * to exactly what was decided on. A run that finds nothing to do, or is refused, ends with the first of the two.
 */
import { RunError } from '../base/error.ts';
import type { Verdict } from '../engine/exit.ts';
import { createMask } from '../engine/mask.ts';
import { passingSeal } from '../engine/review/seal.ts';
import { type RunControl, startRun } from '../engine/run.ts';
import type { RunOptions } from '../engine/run-options.ts';
import type { RunEvent } from '../model/event.ts';
import type { PlanView } from '../model/policy.ts';
import type { HostReview } from '../model/review.ts';
import type { OpenSession } from '../remote/contract.ts';
import { firstPass, isDone, isInterrupted, type Recap, type Start } from './first-pass.ts';
import type { Refusal } from './judge-plan.ts';

export interface Deciding {
  view(reviews: readonly HostReview[]): PlanView;
  /** Every reason not to carry it out. */
  judge(plan: PlanView): readonly Refusal[];
  /** Shows the plan to somebody and asks where that is due; undefined: nobody is there. Rejects with RunError `interrupted`. */
  readonly ask:
    | ((plan: PlanView, wants: readonly Refusal[], stop: AbortSignal) => Promise<boolean>)
    | undefined;
  /** `--yes`: what wants to be asked for has been agreed to. */
  readonly agreed: boolean;
}

/** `--dry-run`: one pass, which is told as it goes, and judged before its recap. */
export function startReviewed(options: RunOptions, deciding: Deciding): RunControl {
  const stopped = new AbortController();
  let signal: 'SIGINT' | 'SIGTERM' | undefined;
  let current: RunControl | undefined;
  const start = (some: RunOptions): Promise<Verdict> => {
    current = startRun(some);
    return current.verdict.finally(() => {
      current = undefined;
    });
  };
  return {
    verdict: options.dryRun
      ? dryRun(options, deciding, start)
      : twoPasses(options, deciding, start, stopped.signal, () => signal),
    stop(name, now) {
      signal ??= name;
      stopped.abort();
      current?.stop(name, now);
    },
  };
}

async function dryRun(options: RunOptions, deciding: Deciding, start: Start): Promise<Verdict> {
  const { end, reviews, recap } = await firstPass(options, start, options.emit);
  if (isInterrupted(end)) return finish(options, recap, end);
  const refusals = tell(options, deciding.judge(deciding.view(reviews)));
  return finish(options, recap, refusals.some(({ ask }) => !ask) ? refusedEnd(end) : end);
}

async function twoPasses(
  options: RunOptions,
  deciding: Deciding,
  start: Start,
  stop: AbortSignal,
  stoppedBy: () => 'SIGINT' | 'SIGTERM' | undefined,
): Promise<Verdict> {
  const seal = options.seal ?? passingSeal();
  const dry = { ...options, seal, dryRun: true, detailedExitCode: false };
  const first = await firstPass(dry, start, (event) => {
    if (event.kind === 'warning') options.emit(event);
  });
  const { end, reviews, events, recap } = first;
  const replay = (change: (event: RunEvent) => RunEvent = (event) => event): void => {
    for (const event of events) options.emit(change(event));
  };
  if (isInterrupted(end)) {
    replay();
    return finish(options, recap, end);
  }
  const plan = deciding.view(reviews);
  const found = deciding.judge(plan);
  const asking = found.filter(({ ask }) => ask);
  const nobody = deciding.ask === undefined && !deciding.agreed;
  const refused = found.filter(({ ask }) => !ask || nobody);
  if (refused.length > 0) {
    replay();
    tell(
      options,
      refused.map(({ ask, ...rest }) => (ask ? { ...rest, hint: rest.hint ?? NOBODY } : rest)),
    );
    return finish(options, recap, refusedEnd(end));
  }
  if (isDone(first)) {
    // Nothing to change, nothing left open: it is what the run itself would have found.
    replay((event) => (event.kind === 'start' ? { ...event, dryRun: false } : event));
    return finish(options, { ...recap, dryRun: false }, end);
  }
  const answer = await asked(deciding, plan, asking, stop);
  if (answer !== 'yes') {
    const shown: readonly RunEvent['kind'][] = ['start', 'step', 'unreachable'];
    for (const event of events) if (shown.includes(event.kind)) options.emit(event);
    if (answer === 'no')
      tell(options, [
        { kind: 'refusal', guard: 'confirm', message: 'nobody agreed to the plan; nothing was touched' },
      ]);
    const by = stoppedBy() === 'SIGTERM' ? TERMINATED : INTERRUPTED;
    return finish(options, recap, answer === 'no' ? { exit: 1, result: 'refused' } : by);
  }
  const masked = createMask(Object.values(options.project.runbook.secrets));
  const hosts = new Map(reviews.map((review) => [review.host, review]));
  const bound = { hosts, seal, masked };
  return start({ ...options, seal, open: openAgain(options.open, events), bound });
}

const NOBODY = 'somebody at a terminal is asked; elsewhere --yes agrees';
const INTERRUPTED = { exit: 130, result: 'interrupted' } as const;
const TERMINATED = { exit: 143, result: 'terminated' } as const;

async function asked(
  { ask }: Deciding,
  plan: PlanView,
  wants: readonly Refusal[],
  stop: AbortSignal,
): Promise<'yes' | 'no' | 'interrupted'> {
  if (stop.aborted) return 'interrupted';
  if (!ask) return 'yes';
  try {
    return (await ask(plan, wants, stop)) ? 'yes' : 'no';
  } catch (error) {
    if (error instanceof RunError && error.code === 'interrupted') return 'interrupted';
    throw error;
  }
}

function tell(options: RunOptions, refusals: readonly Refusal[]): readonly Refusal[] {
  const masked = createMask(Object.values(options.project.runbook.secrets));
  for (const refusal of refusals) options.emit(masked(refusal) as Refusal);
  return refusals;
}

/** A run that did not go through names no next command, but where hosts failed. */
function finish({ emit }: RunOptions, { next, ...recap }: Recap, end: Verdict): Verdict {
  const same = recap.exit === end.exit && recap.dryRun;
  emit({ ...recap, ...end, ...(same && next !== undefined ? { next } : {}) });
  return end;
}

const STRONGER: readonly Verdict['result'][] = ['rolled_back', 'failed_and_unreachable', 'failed'];

function refusedEnd(end: Verdict): Verdict {
  return STRONGER.includes(end.result) ? end : { exit: 3, result: 'drifted' };
}

/** A host that could not be reached a moment ago is not waited for again: the plan says nothing of it. */
function openAgain(open: OpenSession, events: readonly RunEvent[]): OpenSession {
  const lost = new Map(
    events.flatMap((event) => (event.kind === 'unreachable' ? [[event.host, event.failure] as const] : [])),
  );
  return (target, signal) => {
    const failure = lost.get(target.name);
    if (!failure) return open(target, signal);
    const { message, hint, output } = failure;
    const detail = { ...(hint === undefined ? {} : { hint }), ...(output === undefined ? {} : { output }) };
    return Promise.reject(new RunError('unreachable', message, detail));
  };
}
