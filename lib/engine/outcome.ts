/** How each step of a stretch ended: by its changes' results, then by what was read again. */
import { formatPlace } from '../base/problem.ts';
import type { FailureInfo } from '../model/event.ts';
import type { Change } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { ApplyResult, ChangeResult } from '../remote/contract.ts';
import { cureOf } from './cure.ts';
import { endUnplannable, endUnplanned, stepOf } from './ending.ts';
import { finish } from './finish.ts';
import type { HostPlan, PlannedStep } from './host-plan.ts';
import { type Life, statusOf } from './life.ts';
import { type FailedBy, failOrRetry } from './retry.ts';
import { type Fallen, fallenFailure, fallenUnits, verifySteps } from './verify.ts';

const OUTPUT_LINES = 20;

/** Units of these changes that are up no more. */
export function fallen(life: Life, plans: HostPlan, result: ApplyResult): readonly Fallen[] {
  const results = new Map(result.changes.map((each) => [each.id, each]));
  const made = plans.changes.filter((change) => succeeded(results.get(change.id)));
  return fallenUnits(life, lastStarts(made), result);
}

export function judge(
  life: Life,
  plans: HostPlan,
  early: readonly PlannedStep[],
  result: ApplyResult,
  units: readonly { readonly step: Step; readonly failure: FailureInfo }[],
): void {
  const results = new Map(result.changes.map((each) => [each.id, each]));
  const made = plans.changes.filter((change) => succeeded(results.get(change.id)));
  const failures = failedChanges(life, plans, results);
  const broken = plans.changes.findIndex((change) => !succeeded(results.get(change.id)));
  for (const change of plans.changes) {
    if (change.draft && succeeded(results.get(change.id)) && isAct(life, change))
      life.actsDone.add(`${change.step} ${change.key}`);
  }
  for (const each of broken === -1 ? plans.ended : []) endUnplanned(life, each);
  for (const each of plans.failed) {
    if (each.by) failOrRetry(life, each.step, each.failure, each.by);
    else endUnplannable(life, each);
  }
  const carried = plans.planned.filter(
    (planned) =>
      !early.includes(planned) && !failures.has(planned.step.id) && carriedOut(planned, plans, broken),
  );
  // Done comes before verified: a step ends once, and what was read again has the last word.
  for (const planned of carried) life.done.add(planned);
  for (const { step, failure } of [...units, ...verifySteps(life)]) {
    if (!failures.has(step.id)) failures.set(step.id, { failure, by: 'reading' });
  }
  // With them those that had ended as ok, and have now been paid what became owed to them since.
  const paid = [...life.done].filter(
    ({ step }) =>
      statusOf(life, step.id) === 'ok' &&
      made.some((change) => change.step === step.id && !change.draft.quiet),
  );
  for (const planned of new Set([...carried, ...paid]))
    if (!failures.has(planned.step.id)) finish(life, planned);
  for (const [id, { failure, by }] of failures) {
    const step = stepOf(life, id);
    if (step) failOrRetry(life, step, failure, by);
  }
}

export interface Failed {
  readonly failure: FailureInfo;
  readonly by: FailedBy;
}

/** The failures of units that fell over, each with the step that started it. */
export function unitFailures(
  life: Life,
  units: readonly Fallen[],
  journals: ReadonlyMap<string, string>,
): readonly { readonly step: Step; readonly failure: FailureInfo }[] {
  return units.flatMap((unit) => {
    const step = stepOf(life, unit.change.step);
    return step ? [{ step, failure: fallenFailure(unit, step, journals.get(unit.unit)) }] : [];
  });
}

export function succeeded(result: ChangeResult | undefined): boolean {
  return result?.ended === 'done' && result.rc === 0;
}

export function isAct(life: Life, change: Change): boolean {
  const view = stepOf(life, change.step) && life.viewer.view(stepOf(life, change.step) as never);
  return view?.kind === 'ready' && view.resources.some(({ key, act }) => act && key === change.key);
}

/** A step counts as carried out when nothing before its end went wrong in this stretch. */
function carriedOut(planned: PlannedStep, plans: HostPlan, broken: number): boolean {
  if (broken === -1) return true;
  const last = planned.changes.at(-1);
  if (last) return plans.changes.indexOf(last) < broken;
  const brokenStep = plans.changes[broken]?.step;
  const position = plans.planned.findIndex(({ step }) => step.id === brokenStep);
  return position !== -1 && plans.planned.indexOf(planned) < position;
}

/** The last (re)start of each unit: earlier ones have an invocation that is gone for good reason. */
function lastStarts(changes: readonly Change[]): readonly Change[] {
  const last = new Map<string, Change>();
  for (const change of changes) if (change.draft.settle) last.set(change.draft.settle.unit, change);
  return [...last.values()];
}

export function failedChanges(
  life: Life,
  plans: HostPlan,
  results: ReadonlyMap<number, ChangeResult>,
): Map<string, Failed> {
  const failures = new Map<string, Failed>();
  for (const change of plans.changes) {
    const result = results.get(change.id);
    if (!result || result.ended === 'not_run' || succeeded(result)) continue;
    const failure = failureOfChange(life, change, result);
    if (failure) failures.set(change.step, { failure, by: result.ended === 'lost' ? 'lost' : 'change' });
  }
  return failures;
}

/** Undefined when the change deserves a second plan: it was computed from a state that has changed since. */
function failureOfChange(life: Life, change: Change, result: ChangeResult): FailureInfo | undefined {
  const place = stepOf(life, change.step)?.place;
  const base = { key: change.key, ...(place ? { place: formatPlace(place) } : {}) };
  const output = tail(result.output);
  const shown = output ? { output } : {};
  if (result.ended === 'drifted' || (result.ended === 'lost' && !isAct(life, change))) {
    const times = (life.drifts.get(change.key) ?? 0) + 1;
    life.drifts.set(change.key, times);
    if (times < 2) return undefined;
    return {
      ...base,
      message: `${change.title ?? change.key} was changed by something else while this run worked on it, twice`,
      hint: 'find out what else writes it, then run again',
    };
  }
  if (result.ended === 'locked_out') {
    return {
      ...base,
      message: `${nameOf(change)} would lock us out, and was not begun: ${output?.split('\n').at(-1) ?? ''}`,
      hint: 'mend it; or, where there is another way in: --allow-lockout',
      diff: change.draft.diff,
    };
  }
  if (result.ended === 'hung') {
    return {
      ...base,
      ...shown,
      message: `${nameOf(change)} was ended after its time limit`,
      hint: 'raise `timeout` of the step, or see what it waits for',
    };
  }
  if (result.ended === 'lost') {
    return {
      ...base,
      ...shown,
      message: `${nameOf(change)} had begun when the connection was lost; how it ended is unknown`,
      hint: 'look at the host, then run again',
    };
  }
  const hint = cureOf(output ?? '', result.rc);
  return {
    ...base,
    ...shown,
    message: `${nameOf(change)} failed with status ${result.rc}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

/** A command's key is a hash; its title says all. */
export function nameOf({ item, title, key, draft }: Change): string {
  return `${item === undefined ? '' : `${item}: `}${title ?? `${key}: ${draft.summary}`}`;
}

function tail(output: Buffer): string | undefined {
  const text = output.toString('utf8').trimEnd();
  return text === '' ? undefined : text.split('\n').slice(-OUTPUT_LINES).join('\n');
}
