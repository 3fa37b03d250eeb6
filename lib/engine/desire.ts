/** What a step wants on a host: its task is asked once, or with `foreach` once for each item, and the wishes are joined. */
import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import { findUnknown, Unknown, UnknownUsed } from '../base/unknown.ts';
import { type Item, itemsOf } from '../model/item.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Scope, Step } from '../model/runbook.ts';
import type { TaskContext } from '../model/task.ts';
import { userRef } from '../resources/user/user-kind.ts';
import { LOGIN } from './account.ts';
import { checkAgain } from './check-again.ts';
import type { Scopes } from './scope.ts';
import type { Wish } from './shared-wish.ts';
import { envOn, withEnv } from './step-env.ts';
import type { ItemView, StepView, ViewOptions } from './step-view.ts';

export function desire(step: Step, options: ViewOptions, scopes: Scopes): StepView {
  if (step.foreach) return desireEach(step, options, scopes);
  return desireOne(step, options, scopes, undefined);
}

type Ready = Extract<StepView, { kind: 'ready' }>;

/** An item whose condition is false wants nothing; what rests on something unknown holds all of them up. */
function desireEach(step: Step, options: ViewOptions, scopes: Scopes): StepView {
  const given = step.foreach?.items.evaluate(scopes.of());
  if (given instanceof Unknown) return { kind: 'unknown', unknown: given, perhaps: [] };
  const items = itemsOf(given);
  if (!items) throw noItems(step);
  const ready: Ready[] = [];
  const views: ItemView[] = [];
  let undecided: Unknown | undefined;
  const perhaps: AnyResource[] = [];
  for (const item of items) {
    const view = named(item, () => viewItem(step, item, options, scopes));
    if (view.kind === 'unknown') undecided ??= view.unknown;
    if (view.kind === 'unknown') perhaps.push(...view.perhaps);
    if (view.kind === 'ready') perhaps.push(...view.resources);
    if (view.kind === 'ready') ready.push(view);
    views.push({ item, ...(view.kind === 'ready' ? { params: view.params, context: view.context } : {}) });
  }
  if (undecided) return { kind: 'unknown', unknown: undecided, perhaps };
  if (items.length > 0 && ready.length === 0) return { kind: 'skip', reason: FALSE_FOR_ALL };
  return {
    kind: 'ready',
    params: undefined,
    resources: ready.flatMap(({ resources }) => resources),
    context: undefined,
    partly: ready.map(({ partly }) => partly).find((partly) => partly !== undefined),
    items: views,
  };
}

const FALSE_FOR_ALL = 'its condition is false for every item';

function viewItem(step: Step, item: Item, options: ViewOptions, scopes: Scopes): StepView {
  try {
    const condition = step.foreach?.when ? step.when?.evaluate(scopes.of(item)) : true;
    const undecided = findUnknown(condition);
    if (undecided) return { kind: 'unknown', unknown: undecided, perhaps: [] };
    if (condition !== true) return { kind: 'skip', reason: 'its condition is false' };
    return desireOne(step, options, scopes, item);
  } catch (error) {
    if (error instanceof UnknownUsed) return { kind: 'unknown', unknown: error.unknown, perhaps: [] };
    throw error;
  }
}

function noItems(step: Step): RunError {
  const place = step.foreach?.items.place ?? step.place;
  const message = '"foreach" must come to a list or a map';
  const problems = [{ code: 'foreach-type', message, place } as const];
  return new RunError('failed', `${formatPlace(place)}: ${message}`, { problems });
}

/** What is wrong with one of several is told with its name. */
function named<T>(item: Item, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const { hint, output, problems } = error;
    throw new RunError(error.code, `${item.label}: ${error.message}`, {
      problems,
      cause: error,
      ...(hint === undefined ? {} : { hint }),
      ...(output === undefined ? {} : { output }),
    });
  }
}

function desireOne(step: Step, options: ViewOptions, scopes: Scopes, item: Item | undefined): StepView {
  const scope: Scope = scopes.of(item);
  const evaluated = step.with.evaluate(scope);
  if (evaluated instanceof Unknown) return { kind: 'unknown', unknown: evaluated, perhaps: [] };
  const rest = { user: options.user(step), owed: options.owed(step), scope, item, env: envOn(step, scope) };
  const again = step.task.check !== undefined && step.checkAgain.has(options.own.host.name);
  // Items that all get the same parameters are still several.
  const own = again || (item && step.with.constant) || (step.env && !step.env.constant);
  const key = own ? undefined : (evaluated as object);
  const shared = key && options.wishes.get(step, rest.user, key);
  const outputs = (): TaskContext | undefined => (step.task.output ? scopes.context(step, rest) : undefined);
  if (shared) return { kind: 'ready', ...shared, context: outputs() };
  const params = step.with.constant ? evaluated : options.checkParams(step, evaluated);
  const looks = scopes.hostLooks;
  const context = scopes.context(step, rest);
  const undecided = again ? checkAgain(step, params, context, options.own.host) : undefined;
  const resources = step.task
    .desire(params, context)
    .map((resource) => actedBy(rest.user, item ? { ...resource, item: item.label } : resource))
    .map((resource) => withEnv(rest.env, bounded(step, resource)));
  if (undecided) return { kind: 'unknown', unknown: undecided, perhaps: resources };
  const wish: Wish = {
    params,
    resources,
    partly: findUnknown(evaluated) ?? findUnknown(rest.env) ?? unknownIn(resources),
  };
  if (key && scopes.hostLooks === looks) options.wishes.set(step, rest.user, key, wish);
  return { kind: 'ready', ...wish, context: outputs() };
}

/** The step's limit holds for what its checks and the commands of its guards and queries take, too. */
function bounded({ timeoutMs }: Step, resource: AnyResource): AnyResource {
  const looks = resource.late !== undefined || resource.observe !== undefined;
  return timeoutMs === undefined || !looks ? resource : { ...resource, limitMs: timeoutMs };
}

/** The account that acts must be there by then, as a file's owner must: nobody notices later than the plan. */
function actedBy(user: string | undefined, resource: AnyResource): AnyResource {
  if (user === undefined || user === LOGIN) return resource;
  return { ...resource, uses: [...(resource.uses ?? []), userRef(user)] };
}

/** A resource whose hint or content is unknown (a template over facts) cannot be written yet either. */
function unknownIn(resources: readonly AnyResource[]): Unknown | undefined {
  for (const resource of resources) {
    const unknown = resource.unknown;
    if (unknown) return unknown;
  }
  return undefined;
}
