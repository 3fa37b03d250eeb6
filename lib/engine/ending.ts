/** How steps end on a host: the status, the event, the word to the board. */
import type { RunError } from '../base/error.ts';
import type { FailureInfo, StepStatus } from '../model/event.ts';
import { hostsAwaited, type Step } from '../model/runbook.ts';
import type { Ended, Outputs } from './board.ts';
import { brokenWord } from './broken-word.ts';
import { letGo } from './hold.ts';
import type { HostPlan } from './host-plan.ts';
import { type Life, statusOf } from './life.ts';

export function endStep(
  life: Life,
  step: Step,
  status: StepStatus,
  rest: {
    readonly reason?: string;
    readonly failure?: FailureInfo;
    readonly outputs?: Outputs;
    readonly quiet?: boolean;
    readonly met?: boolean;
  } = {},
): void {
  const handler = life.context.steps.isHandler(step);
  const met = rest.met ?? MET.includes(status);
  const ended = endOf(status, met);
  life.ended.set(step.id, ended);
  if (rest.failure) life.failures.push({ step: step.id, message: rest.failure.message });
  if (!rest.quiet) {
    life.context.emit({
      kind: 'step',
      host: life.host.name,
      step: step.id,
      status,
      handler,
      ...(rest.reason === undefined ? {} : { reason: rest.reason }),
      ...(rest.failure === undefined ? {} : { failure: rest.failure }),
    });
  }
  letGo(life, step);
  life.context.board.end(step.id, life.host.name, ended, rest.outputs);
  life.context.rollouts.ended(step, life.host.name, ended);
}

const MET: readonly StepStatus[] = ['ok', 'changed', 'ignored'];

const OK: Ended = { status: 'ok', met: true };

/** Most steps of most hosts end alike. */
function endOf(status: StepStatus, met: boolean): Ended {
  return status === 'ok' && met ? OK : { status, met };
}

/** Ends a step of which nothing was to be planned. */
export function endUnplanned(life: Life, { step, ended, reason, handler }: HostPlan['ended'][number]): void {
  endStep(life, step, ended.status, { reason, met: ended.met, quiet: handler && ended.met });
}

/** Ends a step that failed by itself: what it says of its failures counts. Others', and contradictions, are never ignored. */
export function endFailed(life: Life, step: Step, failure: FailureInfo): void {
  const { ignoreErrors: reason } = step;
  if (reason === undefined) endStep(life, step, 'failed', { failure });
  else endStep(life, step, 'ignored', { failure, reason });
}

/** Ends a step that cannot be planned. */
export function endUnplannable(life: Life, { step, failure, foreign }: HostPlan['failed'][number]): void {
  if (foreign) endStep(life, step, 'failed', { failure });
  else endFailed(life, step, failure);
}

export function failureOf(error: RunError | Error): FailureInfo {
  const hint = 'hint' in error ? (error.hint as string | undefined) : undefined;
  const output = 'output' in error ? (error.output as string | undefined) : undefined;
  return {
    message: error.message,
    ...(hint === undefined ? {} : { hint }),
    ...(output === undefined ? {} : { output }),
  };
}

/** Fails the steps of this host that ended well on the word of that one of another host, which is met no more. */
export function retract(life: Life, id: string, host: string): void {
  if (host === life.host.name || life.context.run.dryRun) return;
  for (const { step } of life.order) {
    const status = statusOf(life, step.id);
    if (status !== 'ok' && status !== 'changed') continue;
    if (!step.needs.some((need) => need.step === id && hostsAwaited(need, life.host.name).includes(host)))
      continue;
    const failure = brokenWord(life, step);
    if (failure) endStep(life, step, 'failed', { failure });
  }
}

/** Ends of steps in the order of the steps: what is told of a host reads like its runbook. */
export function inOrder<T extends { readonly step: Step }>(life: Life, ends: readonly T[]): readonly T[] {
  const order = new Map(life.order.map(({ step }, index) => [step, index]));
  return [...ends].sort((a, b) => (order.get(a.step) ?? 0) - (order.get(b.step) ?? 0));
}

export function stepOf(life: Life, id: string): Step | undefined {
  return life.order.find(({ step }) => step.id === id)?.step;
}
