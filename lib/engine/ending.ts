/** How steps end on a host: the status, the event, the word to the board. */
import type { RunError } from '../base/error.ts';
import type { FailureInfo, StepStatus } from '../model/event.ts';
import type { Step } from '../model/runbook.ts';
import type { Outputs } from './board.ts';
import { brokenWord } from './broken-word.ts';
import type { PlannedStep } from './host-plan.ts';
import type { Life } from './life.ts';
import { outputsOf } from './own.ts';
import { predict } from './prediction.ts';

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
  const handler = life.context.project.runbook.handlers.includes(step);
  life.statuses.set(step.id, status);
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
  const met = rest.met ?? (status === 'ok' || status === 'changed');
  life.context.board.end(step.id, life.host.name, { status, met }, rest.outputs);
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
    const status = life.statuses.get(step.id);
    if (status !== 'ok' && status !== 'changed') continue;
    if (!step.needs.some((need) => need.step === id && need.hosts.includes(host))) continue;
    const failure = brokenWord(life, step);
    if (failure) endStep(life, step, 'failed', { failure });
  }
}

/** Ends a step whose changes, if any, have all been made. */
export function finish(life: Life, planned: PlannedStep): void {
  if (!life.done.includes(planned)) life.done.push(planned);
  const broken = brokenWord(life, planned.step);
  if (broken) {
    endStep(life, planned.step, 'failed', { failure: broken });
    return;
  }
  const outputs = outputsOf(planned, predict(life.picture));
  const status = life.changedSteps.has(planned.step.id) ? 'changed' : 'ok';
  endStep(life, planned.step, status, outputs ? { outputs } : {});
}

export function stepOf(life: Life, id: string): Step | undefined {
  return life.order.find(({ step }) => step.id === id)?.step;
}
