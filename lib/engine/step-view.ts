/** One step on one host: does it apply, and which resources does it want there? */
import { findUnknown, type Unknown, UnknownUsed, unlessUnknown } from '../base/unknown.ts';
import type { Facts } from '../model/facts.ts';
import type { Item } from '../model/item.ts';
import type { AnyResource } from '../model/resource.ts';
import type { Scope, Step } from '../model/runbook.ts';
import type { TaskContext } from '../model/task.ts';
import type { Outputs } from './board.ts';
import { desire } from './desire.ts';
import { createScopes, type OwnView, type ScopeSource, type Scopes } from './scope.ts';
import type { SharedWishes } from './shared-wish.ts';

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
      /** Of a step with `foreach`, in order: it has neither parameters nor a context of its own. */
      readonly items?: readonly ItemView[];
      /** Something inside the parameters is still unknown: read and foresee, but do not write. */
      readonly partly: Unknown | undefined;
    };

/** Parameters and context of one item; without them its condition is false. */
export interface ItemView {
  readonly item: Item;
  readonly params?: unknown;
  readonly context?: TaskContext | undefined;
}

export interface StepViewer {
  view(step: Step): StepView;
  /** What the step's `until` comes to over these outputs. */
  until(step: Step, outputs: Outputs | undefined): unknown;
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
    until(step, outputs = {}) {
      opened ??= createScopes(options.source, options.own);
      const scope = Object.getOwnPropertyDescriptors(opened.of());
      const named = { ...scope, outputs: { enumerable: true, value: outputs } };
      return unlessUnknown(() => step.until?.evaluate(Object.defineProperties({}, named) as Scope));
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
    // A condition that looks at the item is asked for each.
    const condition = step.foreach?.when ? true : step.when?.evaluate(scopes.of());
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
