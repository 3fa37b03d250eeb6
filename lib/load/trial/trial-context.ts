/** What a task's check sees before anything was read: the world of its step on a host, facts and outputs unknown. */

import { lazyRecord } from '../../base/lazy-record.ts';
import { createOnce } from '../../base/once.ts';
import { Secret } from '../../base/secret.ts';
import { findUnknown, Unknown, unknownView } from '../../base/unknown.ts';
import type { Facts } from '../../model/facts.ts';
import { type Item, itemScope } from '../../model/item.ts';
import { actorFor, type Scope } from '../../model/runbook.ts';
import type { HostView, TaskContext } from '../../model/task.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { isMap } from '../source/json-schema.ts';
import { localFiles } from '../task/local-file.ts';
import type { TrialWorld, Tried } from './trial.ts';
import { trialScope } from './trial-scope.ts';

type Params = Readonly<Record<string, unknown>>;

/** Contexts for all checks of a runbook; what they have in common is made once. */
export interface TrialContexts {
  /** How often something unknown was looked at: what looked at none has the last word. */
  readonly looks: number;
  of(built: BuiltStep, host: string, item?: Item): TaskContext;
  /** The items of a step with `foreach` there, with their parameters; undefined for others. */
  items(step: string, host: string): Tried['items'];
  /** Undefined where the step is not for that host, and where its parameters have a fault. */
  params(step: string, host: string, item?: Item): Params | undefined;
}

export function trialContexts(built: readonly BuiltStep[], world: TrialWorld): TrialContexts {
  const byId = new Map(built.map((each) => [each.step.id, each]));
  const once = createOnce();
  const views = new Map<string, HostView>();
  const bare = new Map<Params, Params>();
  let looks = 0;
  const look = (): void => {
    looks += 1;
  };
  const view = (name: string): HostView => {
    const known = views.get(name) ?? hostView(name, built, world, look);
    views.set(name, known);
    return known;
  };
  /** Stand-ins for secrets say nothing of what the secrets will be. */
  const shown = (params: Params): Params => {
    if (!world.shamSecrets) return params;
    const known = bare.get(params) ?? (withoutSecrets(params) as Params);
    bare.set(params, known);
    return known;
  };
  const again = new Map<string, Tried | undefined>();
  /** Of a step that nobody was expected to look at. */
  const tryAgain = (id: string, host: string): Tried | undefined => {
    const each = byId.get(id);
    // Nobody but itself can look at the items of a step.
    if (!each?.step.hosts.has(host) || each.foreach) return undefined;
    const key = `${id}\0${host}`;
    if (!again.has(key)) again.set(key, triedAgain(each, host, world));
    return again.get(key);
  };
  const triedOn = (id: string, host: string): Tried | undefined =>
    world.kept.has(id) ? world.tried.get(id)?.get(host) : tryAgain(id, host);
  const params = (id: string, asked: string, item?: Item): Params | undefined => {
    const step = byId.get(id)?.step;
    const host = step ? actorFor(step, asked) : asked;
    const whole = triedOn(id, host);
    const found = whole?.items ? whole.items.find((each) => each.item.label === item?.label)?.tried : whole;
    if (whole && !found) return undefined;
    if (!found) {
      if (!step?.hosts.has(host)) return undefined;
      return unknownView<Params>(`the parameters of ${id} on ${host}`, undefined, look);
    }
    if (found.open) look();
    return found.params && shown(found.params);
  };
  const scope = (each: BuiltStep, host: string, item: Item | undefined): Scope => {
    // Facts and outputs lie in it unguarded: whoever looks at it is asked again when they are known.
    look();
    return scopeOf(each, host, world, item);
  };
  return {
    get looks() {
      return looks;
    },
    params,
    items: (step, host) => triedOn(step, host)?.items,
    of: (each, host, item) => ({
      host: view(host),
      hosts(group) {
        const names = world.inventory.groups.get(group);
        if (!names) throw new Error(`no group ${group}`);
        return names.map(view);
      },
      params: (step, name = host) => params(step, name, step === each.step.id ? item : undefined),
      once,
      stepId: each.step.id,
      get scope() {
        return scope(each, host, item);
      },
      local: (path) => localFiles(path, each.step.place, world.disk),
      stepName: `${world.runbookName}.${each.step.id}`,
      env: {},
      user: undefined,
      owed: undefined,
    }),
  };
}

function scopeOf(each: BuiltStep, host: string, world: TrialWorld, item?: Item): Scope {
  const base = world.scopes.get(host) ?? trialScope(host, world);
  return each.scope.attempt(item ? itemScope(base, item) : base);
}

/** Undefined where something is wrong with them, which has been told. */
function triedAgain(each: BuiltStep, host: string, world: TrialWorld): Tried | undefined {
  try {
    const base = world.scopes.get(host) ?? trialScope(host, world);
    if (each.step.when?.evaluate(base) === false) return { params: undefined, open: false };
    const params = each.with.evaluate(scopeOf(each, host, world));
    if (!isMap(params) || !each.shape.fits(params)) return undefined;
    return { params, open: findUnknown(params) !== undefined };
  } catch {
    return undefined;
  }
}

function hostView(name: string, built: readonly BuiltStep[], world: TrialWorld, look: () => void): HostView {
  const host = world.inventory.hosts.get(name);
  const here = new Map(built.filter(({ draft }) => draft.hosts.has(name)).map(({ step }) => [step.id, step]));
  const outputs = (id: string): { readonly outputs: Readonly<Record<string, unknown>> } => ({
    get outputs() {
      look();
      const names = Object.keys(here.get(id)?.task.outputs ?? {});
      return Object.fromEntries(names.map((each) => [each, new Unknown(`step ${id} on ${name}`)]));
    },
  });
  return {
    name,
    address: host?.address ?? name,
    groups: host?.groups ?? [],
    vars: world.names.vars(name),
    facts: unknownView<Facts>(`the facts of ${name}`, name, look),
    steps: lazyRecord(here, outputs),
  };
}

/** Secrets as values that nobody knows yet. */
export function withoutSecrets(value: unknown): unknown {
  if (value instanceof Secret) return new Unknown('a secret');
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item)]));
}
