/** Plans one resource of a step into a host's plan: a change, nothing, a boundary, or the step's failure. */
import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import { type AnyResource, type Change, type Draft, PlanError } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import { awaitsLater } from './await.ts';
import { partsHere } from './confirm.ts';
import { owesAfter } from './debt.ts';
import type { HostPlan, PlanInput, Standing } from './host-plan.ts';
import { canonical } from './picture.ts';
import { planResource, type ResourcePlan } from './plan-resource.ts';
import { foretell, foretellUnknown } from './prediction.ts';

export type Outcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'stop'; readonly standing: Standing };

export function planOne(input: PlanInput, plan: HostPlan, step: Step, resource: AnyResource): Outcome {
  if (resource.act && input.actsDone.has(`${step.id} ${resource.key}`)) return { kind: 'nothing' };
  const lost = resource.act ? input.lostAct(step, resource.key) : undefined;
  if (lost) return { kind: 'failed', error: lost };
  const id = input.nextId + plan.changes.length;
  let found: ResourcePlan;
  try {
    found = planResource(input.prediction, resource, id, input.mode);
    if (found.kind === 'draft' && found.draft.lockout && !input.allowLockout)
      throw lockedOut(found.draft.lockout);
  } catch (error) {
    const because = input.mode === 'foresee' ? awaitsLater(resource, error) : undefined;
    if (because === undefined) return { kind: 'failed', error };
    found = { kind: 'later', because };
  }
  if (found.kind === 'nothing') {
    if (found.mayDiffer !== undefined && !resource.observe)
      plan.open.push({
        step,
        key: resource.key,
        reason: `right as far as is known, unless step ${found.mayDiffer} changes it`,
        right: true,
      });
    return { kind: 'nothing' };
  }
  if (found.kind === 'boundary') {
    plan.boundary = { step, because: found.because };
    return { kind: 'stop', standing: { kind: 'waiting', for: found.because } };
  }
  if (found.kind === 'later') {
    putOff(plan, step, found.because);
    const check = resource.observe ? { check: true as const } : {};
    plan.open.push({ step, key: resource.key, reason: found.because, ...check });
    foretellUnknown(input.prediction, step.id, id, resource.key);
    return { kind: 'nothing' };
  }
  if (input.mode === 'stretch' && partsHere(input, plan, step, found.draft)) {
    plan.boundary = { step, because: 'what can cut the connection is written apart from the rest' };
    return { kind: 'stop', standing: { kind: 'waiting', for: `the write before ${step.id}` } };
  }
  const user = input.user(step);
  const change: Change = {
    id,
    host: input.host,
    step: step.id,
    key: resource.key,
    ...namesOf(input, resource),
    ...(resource.item === undefined ? {} : { item: resource.item }),
    before: found.before,
    ...(resource.hint === undefined ? {} : { hint: resource.hint }),
    draft: found.draft,
    owes: owesAfter(input, step, resource.key, found.draft),
    ...(user === undefined ? {} : { user }),
    ...(found.mayDiffer === undefined ? {} : { mayDiffer: found.mayDiffer }),
  };
  plan.changes.push(change);
  foretell(input.prediction, change);
  return { kind: 'change', change };
}

function namesOf(
  { prediction }: PlanInput,
  { key, title, titleOf }: AnyResource,
): Pick<Change, 'title' | 'name'> {
  const name = canonical(prediction.picture, key);
  if (titleOf) return { title: titleOf(name), ...(name === key ? {} : { name }) };
  return title === undefined ? {} : { title };
}

/** Why a step cannot be planned. */
export interface Cause {
  readonly error: unknown;
  /** The resource it is about. */
  readonly resource?: AnyResource;
}

/** `also`: what else the step's checks found wrong, after what is most likely the cause. */
export function failStep(
  plan: HostPlan,
  step: Step,
  cause: Cause,
  also: readonly Cause[] = [],
  by?: 'reading' | 'until' | 'elsewhere',
): void {
  const { error, resource } = cause;
  const known = error instanceof RunError ? error : undefined;
  const message = allOf([cause, ...also].map((each) => faultOf(each, step)));
  const hint = error instanceof Error && 'hint' in error ? (error.hint as string | undefined) : undefined;
  plan.failed.push({
    step,
    certain: known?.code !== 'failed',
    ...(by === undefined ? {} : by === 'elsewhere' ? { foreign: true as const } : { by }),
    failure: {
      message,
      place: formatPlace(known?.problems[0]?.place ?? step.place),
      ...(hint === undefined ? {} : { hint }),
      ...(known?.output === undefined ? {} : { output: known.output }),
      ...(resource === undefined ? {} : { key: resource.key }),
      ...(error instanceof PlanError && error.elsewhere ? { elsewhere: true } : {}),
    },
  });
}

/** Several things that are wrong as one text, the probable cause first; each is said once. */
export function allOf(messages: readonly string[]): string {
  return [...new Set(messages)].map((text, index) => (index === 0 ? text : `also: ${text}`)).join('\n');
}

/** What no check was made for: the code of the task, or of its kind, is at fault, and not the runbook. */
function faultOf({ error, resource }: Cause, { taskName, task }: Step): string {
  const of = resource?.item === undefined ? '' : `${resource.item}: `;
  const message = of + (error instanceof Error ? error.message : String(error));
  const native = [TypeError, ReferenceError, RangeError, SyntaxError].some((type) => error instanceof type);
  if (!native) return message;
  const place = task.placeOf?.(error);
  const where = place === undefined ? '' : ` (${place})`;
  return `the code of task ${taskName} is at fault: ${(error as Error).name}: ${message}${where}`;
}

/** Each step is put off once, for its first reason. */
export function putOff(plan: HostPlan, step: Step, reason: string): void {
  if (plan.later.some((later) => later.step === step)) return;
  plan.later.push({ step, reason, after: plan.changes.length });
}

function lockedOut({ message, hint }: NonNullable<Draft['lockout']>): PlanError {
  return new PlanError(message, `${hint}; or, where there is another way in: --allow-lockout`);
}
