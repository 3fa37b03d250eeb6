/** One step on one host: does it apply, and which resources does it want there? */
import { findUnknown, Unknown, UnknownUsed } from '../base/unknown.ts';
import type { Facts } from '../model/facts.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { TaskContext } from '../model/task.ts';
import { userRef } from '../resources/user-kind.ts';
import { LOGIN } from './account.ts';
import { checkAgain } from './check-again.ts';
import { createScopes, type OwnView, type ScopeSource, type Scopes } from './scope.ts';
import type { SharedWishes, Wish } from './shared-wish.ts';

export type StepView =
  | { readonly kind: 'skip'; readonly reason: string }
  /** Nothing can be said yet: its condition or the names of its resources rest on something unknown. */
  | {
      readonly kind: 'unknown';
      readonly unknown: Unknown;
      /** What it would want if its condition held: read in the same frame as what decides it. */
      readonly perhaps: readonly AnyResource[];
    }
  | {
      readonly kind: 'ready';
      readonly params: unknown;
      readonly resources: readonly AnyResource[];
      /** For the outputs; undefined where the task has none. */
      readonly context: TaskContext | undefined;
      /** Something inside the parameters is still unknown: read and foresee, but do not write. */
      readonly partly: Unknown | undefined;
    };

export interface StepViewer {
  view(step: Step): StepView;
  /** Forgets what rested on facts and outputs: call when more is known. */
  refresh(): void;
  /** Forgets all: nobody will ask for long, or ever. */
  release(): void;
}

export interface ViewOptions {
  readonly source: ScopeSource;
  /** Shared by all hosts of the run. */
  readonly wishes: SharedWishes;
  readonly own: OwnView;
  user(step: Step): string | undefined;
  /** The mark of a handler; undefined for a step. */
  owed(step: Step): `owed:${string}` | undefined;
  /** Parameters with defaults filled in; throws RunError `failed` with the place when they do not fit the schema. */
  checkParams(step: Step, params: unknown): unknown;
}

/** A view with the facts that it rests on. */
interface Seen {
  readonly view: StepView;
  readonly looked: boolean;
  readonly facts: Facts | undefined;
}

export function createViewer(options: ViewOptions): StepViewer {
  let lasting = new Map<string, StepView>();
  let cache = new Map<string, Seen>();
  let opened: Scopes | undefined;
  return {
    view(step) {
      const known = lasting.get(step.id);
      if (known) return known;
      const seen = cache.get(step.id);
      // A change planned before this step may have altered the facts, or made them unknown.
      if (seen && (!seen.looked || seen.facts === options.own.facts())) return seen.view;
      opened ??= createScopes(options.source, options.own);
      const scopes = opened;
      const before = scopes.lookups;
      const factsBefore = scopes.factLookups;
      const view = viewStep(step, options, scopes);
      const unknown =
        view.kind === 'unknown' ? view.unknown : view.kind === 'ready' ? view.partly : undefined;
      if (unknown?.facts !== undefined) options.own.factsTouched(unknown.facts);
      // What is still unknown may be known the next time somebody asks.
      const settled = view.kind === 'skip' || (view.kind === 'ready' && !view.partly);
      const looked = scopes.factLookups > factsBefore;
      if (settled && scopes.lookups === before) lasting.set(step.id, view);
      else if (settled) cache.set(step.id, { view, looked, facts: looked ? options.own.facts() : undefined });
      return view;
    },
    refresh() {
      cache = new Map();
      opened?.refresh();
    },
    release() {
      lasting = new Map();
      cache = new Map();
      opened = undefined;
    },
  };
}

function viewStep(step: Step, options: ViewOptions, scopes: Scopes): StepView {
  try {
    const condition = step.when?.evaluate(scopes.of(step));
    const undecided = findUnknown(condition);
    if (undecided) return { kind: 'unknown', unknown: undecided, perhaps: perhaps(step, options, scopes) };
    if (step.when && condition !== true) return { kind: 'skip', reason: 'its condition is false' };
    return desire(step, options, scopes);
  } catch (error) {
    if (error instanceof UnknownUsed) return { kind: 'unknown', unknown: error.unknown, perhaps: [] };
    throw error;
  }
}

function perhaps(step: Step, options: ViewOptions, scopes: Scopes): readonly AnyResource[] {
  try {
    const view = desire(step, options, scopes);
    return view.kind === 'ready' ? view.resources : [];
  } catch {
    // Its parameters may make sense only where its condition holds.
    return [];
  }
}

function desire(step: Step, options: ViewOptions, scopes: Scopes): StepView {
  const scope = scopes.of(step);
  const evaluated = step.with.evaluate(scope);
  if (evaluated instanceof Unknown) return { kind: 'unknown', unknown: evaluated, perhaps: [] };
  const rest = { user: options.user(step), owed: options.owed(step), scope };
  const again = step.task.check !== undefined && step.checkAgain.has(options.own.host.name);
  const key = again ? undefined : (evaluated as object);
  const shared = key && options.wishes.get(step, rest.user, key);
  const outputs = (): TaskContext | undefined => (step.task.output ? scopes.context(step, rest) : undefined);
  if (shared) return { kind: 'ready', ...shared, context: outputs() };
  const params = step.with.constant ? evaluated : options.checkParams(step, evaluated);
  const looks = scopes.hostLooks;
  const context = scopes.context(step, rest);
  const undecided = again ? checkAgain(step, params, context) : undefined;
  const resources = step.task.desire(params, context).map((resource) => actedBy(rest.user, resource));
  if (undecided) return { kind: 'unknown', unknown: undecided, perhaps: resources };
  const wish: Wish = { params, resources, partly: findUnknown(evaluated) ?? unknownIn(resources) };
  if (key && scopes.hostLooks === looks) options.wishes.set(step, rest.user, key, wish);
  return { kind: 'ready', ...wish, context: outputs() };
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
