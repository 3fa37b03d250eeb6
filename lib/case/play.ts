/** Plays one case of a task: desire, plan step by step on the state as predicted, then plan again on the last. */
import { join } from 'node:path';
import { createOnce } from '../base/once.ts';
import { findUnknown, UnknownUsed } from '../base/unknown.ts';
import { withDefaults } from '../load/schema/conform.ts';
import { localFiles } from '../load/task/local-file.ts';
import { schemaOf } from '../load/task/param.ts';
import type { Key } from '../model/key.ts';
import type { At, State } from '../model/kind.ts';
import { type AnyResource, type Draft, PlanError } from '../model/resource.ts';
import type { AnyTask, HostView, ParamFault, TaskContext } from '../model/task.ts';
import { factsKind } from '../resources/facts.ts';
import { type Case, foundState, type HostData, revive } from './case-file.ts';

export interface Played {
  readonly changes: readonly { readonly key: Key; readonly draft: Draft }[];
  /** Why it cannot be planned yet. */
  readonly later?: string;
  /** What still would be done in the predicted state. */
  readonly left: readonly string[];
  readonly outputs: Readonly<Record<string, unknown>> | undefined;
  /** What resources that only look have seen, by key. */
  readonly observed: Readonly<Record<string, string>>;
}

/** What the task's own check finds wrong, as a case writes it. */
export function faultsOf(task: AnyTask, params: unknown, one: Case, files: string): readonly ParamFault[] {
  return task.check?.(params, contextOf(task, params, one, files)) ?? [];
}

/** Throws PlanError as planning does. `files`: the folder of the local files that parameters name. */
export function play(task: AnyTask, params: unknown, one: Case, files: string): Played {
  const context = contextOf(task, params, one, files);
  const resources = task.desire(params, context);
  const unknown = resources.find((resource) => resource.unknown)?.unknown;
  if (unknown) return { changes: [], later: unknown.because, left: [], ...NOTHING };
  const states = found(resources, one);
  const at: At = <S extends State>(key: Key) => states.get(key) as S | undefined;
  const changes: { key: Key; draft: Draft }[] = [];
  try {
    for (const resource of resources) {
      const draft = step(resource, states, at, changes.length + 1);
      if (!draft) continue;
      changes.push({ key: resource.key, draft });
      foretell(resource.key, draft, resources, states, changes.length);
    }
  } catch (error) {
    if (!(error instanceof UnknownUsed)) throw error;
    return { changes, later: error.unknown.because, left: [], ...NOTHING };
  }
  const left = again(resources, states, at, changes.length + 1);
  const outputs = task.output?.(params, at, context);
  return { changes, left, outputs, observed: seen(resources, states, at) };
}

const NOTHING = { outputs: undefined, observed: {} };

function seen(
  resources: readonly AnyResource[],
  states: ReadonlyMap<Key, State>,
  at: At,
): Readonly<Record<string, string>> {
  const texts = resources.map((resource): readonly [Key, string | undefined] => [
    resource.key,
    resource.observe?.(states.get(resource.key) ?? resource.kind.absent, at),
  ]);
  return Object.fromEntries(texts.filter((pair): pair is readonly [Key, string] => pair[1] !== undefined));
}

function step(resource: AnyResource, states: Map<Key, State>, at: At, now: number): Draft | null {
  const missing = resource.uses?.find((ref) => states.get(ref.key)?.exists === false);
  if (missing)
    throw new PlanError(
      `${resource.key} needs ${missing.key}, which is not there`,
      'make it in an earlier step',
    );
  const state = states.get(resource.key) ?? resource.kind.absent;
  const draft = resource.plan(state, at, now);
  // As a run refuses it without --allow-lockout.
  if (draft?.lockout) throw new PlanError(draft.lockout.message, draft.lockout.hint);
  return draft;
}

function found(resources: readonly AnyResource[], one: Case): Map<Key, State> {
  const states = new Map<Key, State>();
  const given = one.state ?? {};
  const refs = resources.flatMap((each) => [...(each.reads ?? []), ...(each.uses ?? [])]);
  for (const ref of refs) {
    const there = ref.kind.name === 'file' ? { type: 'directory' } : {};
    states.set(ref.key, foundState(ref.kind, given[ref.key] ?? there));
  }
  for (const each of resources) states.set(each.key, foundState(each.kind, given[each.key]));
  for (const each of resources) {
    for (const { mark } of each.debts ?? []) {
      states.set(mark, (given[mark] ?? { exists: false, since: 0 }) as State);
    }
  }
  const odd = Object.keys(given).filter((key) => !states.has(key as Key));
  if (odd.length > 0) throw new Error(`nothing in this case looks at ${odd.join(', ')}`);
  return states;
}

function foretell(
  key: Key,
  draft: Draft,
  resources: readonly AnyResource[],
  states: Map<Key, State>,
  id: number,
): void {
  states.set(key, draft.after);
  for (const effect of draft.effects) if (effect.to) states.set(effect.key, effect.to);
  if (!draft.quiet) {
    const owed = resources.flatMap((each) => each.debts ?? []).filter(({ because }) => because(key));
    for (const { mark } of owed) states.set(mark, { exists: true, since: id } as State);
  }
  for (const mark of draft.pays ?? []) states.set(mark, { exists: false, since: 0 } as State);
}

function again(
  resources: readonly AnyResource[],
  states: Map<Key, State>,
  at: At,
  now: number,
): readonly string[] {
  return resources.flatMap((resource) => {
    if (resource.act || resource.transient) return [];
    try {
      const draft = step(resource, states, at, now);
      return draft ? [`${resource.key}: ${draft.summary}`] : [];
    } catch (error) {
      if (error instanceof UnknownUsed && findUnknown(states.get(resource.key))) return [];
      throw error;
    }
  });
}

function hostView(given: HostData = {}): HostView {
  const name = given.name ?? 'roz';
  return {
    name,
    address: given.address ?? name,
    groups: given.groups ?? [],
    vars: (revive(given.vars) ?? {}) as HostView['vars'],
    facts: { ...factsKind.absent, ...(revive(given.facts) as object | undefined) },
    steps: (revive(given.steps) ?? {}) as HostView['steps'],
  };
}

function contextOf(task: AnyTask, params: unknown, one: Case, files: string): TaskContext {
  const host = hostView(one.host);
  const stepId = one.step ?? 'step';
  const groups = Object.fromEntries(
    Object.entries(one.hosts ?? {}).map(([group, list]) => [group, list.map(hostView)]),
  );
  return {
    host,
    hosts: (group) => {
      const members = groups[group];
      if (!members) throw new Error(`the case has no group ${group}`);
      return members;
    },
    scope: { host, vars: revive(one.vars) ?? {}, facts: host.facts, steps: host.steps },
    local: (path) => localFiles(join(files, path), one.place),
    params: (step, name = host.name) => {
      if (step === stepId && name === host.name) return params as Readonly<Record<string, unknown>>;
      const given = one.steps_params?.[step]?.[name];
      if (given === undefined) return undefined;
      const filled = step === stepId ? withDefaults(schemaOf(task), revive(given)) : revive(given);
      return filled as Readonly<Record<string, unknown>>;
    },
    once: createOnce(),
    stepId,
    stepName: `case.${stepId}`,
    user: undefined,
    env: {},
    owed: one.handler ? 'owed:handler.step' : undefined,
  };
}
