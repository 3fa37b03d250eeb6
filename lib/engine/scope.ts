/** What expressions, templates and tasks can see: hosts, variables, facts, outputs, with unknowns where nobody has looked. */

import { formatPlace } from '../base/problem.ts';
import { unknownView } from '../base/unknown.ts';
import type { Facts } from '../model/facts.ts';
import type { Host } from '../model/inventory.ts';
import type { Project, Scope, Step } from '../model/runbook.ts';
import type { HostView, LocalFile, TaskContext } from '../model/task.ts';
import type { Board, Outputs } from './board.ts';

/** What the scope is built from; the rest it asks the board. */
export interface ScopeSource {
  readonly project: Project;
  readonly board: Board;
  readonly run: { readonly id: string; readonly dryRun: boolean };
  /** Variables of a host with the runbook's and the command line's on top. */
  vars(host: string): Readonly<Record<string, unknown>>;
  local(path: string, step: Step): readonly LocalFile[];
}

/** What this host knows of itself while it plans. */
export interface OwnView {
  readonly host: Host;
  facts(): Facts | undefined;
  outputs(step: string): Outputs | undefined;
  /** Told when something looked at facts that are not known yet. */
  factsTouched(host: string): void;
}

export function hostView(source: ScopeSource, own: OwnView, name: string): HostView {
  const host = source.project.inventory.hosts.get(name);
  if (!host) throw new Error(`no host ${name}`);
  const mine = name === own.host.name;
  const facts = mine ? own.facts() : source.board.facts(name);
  const steps = Object.fromEntries(
    source.project.runbook.steps
      .filter((step) => step.hosts.has(name))
      .map((step) => [step.id, { outputs: outputsOf(source, own, step, name) }]),
  );
  return {
    name,
    address: host.address,
    groups: host.groups,
    vars: source.vars(name),
    facts: facts ?? unknownView<Facts>(`the facts of ${name}`, name, () => own.factsTouched(name)),
    steps,
  };
}

function outputsOf(source: ScopeSource, own: OwnView, step: Step, host: string): Outputs {
  const known =
    (host === own.host.name ? own.outputs(step.id) : undefined) ?? source.board.outputs(step.id, host);
  return known ?? unknownView<Outputs>(`step ${step.id} on ${host}`);
}

export function scopeOf(source: ScopeSource, own: OwnView, step: Step | undefined): Scope {
  const host = hostView(source, own, own.host.name);
  const { inventory, runbook } = source.project;
  const base: Record<string, unknown> = {
    host,
    vars: host.vars,
    facts: host.facts,
    steps: host.steps,
    groups: Object.fromEntries(inventory.groups),
    secrets: runbook.secrets,
    run: { id: source.run.id, runbook: runbook.name, dry_run: source.run.dryRun },
  };
  Object.defineProperty(base, 'hosts', { enumerable: true, get: lazy(() => allHosts(source, own)) });
  if (!step?.vars) return base;
  const extra = step.vars.evaluate(base) as Readonly<Record<string, unknown>>;
  const vars = { ...host.vars, ...extra, ...source.project.extraVars };
  return Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(base), vars: { enumerable: true, value: vars } },
  ) as Scope;
}

function allHosts(source: ScopeSource, own: OwnView): Record<string, HostView> {
  const views: Record<string, HostView> = {};
  for (const name of source.project.inventory.hosts.keys()) {
    Object.defineProperty(views, name, { enumerable: true, get: lazy(() => hostView(source, own, name)) });
  }
  return views;
}

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export function taskContext(
  source: ScopeSource,
  own: OwnView,
  step: Step,
  rest: { readonly user: string | undefined; readonly owed: `owed:${string}` | undefined },
): TaskContext {
  const scope = scopeOf(source, own, step);
  return {
    host: scope.host as HostView,
    hosts: (group) => {
      const names = source.project.inventory.groups.get(group);
      if (!names) throw new Error(`${formatPlace(step.place)}: no group ${group}`);
      return names.map((name) => hostView(source, own, name));
    },
    scope,
    local: (path) => source.local(path, step),
    stepName: `${source.project.runbook.name}.${step.id}`,
    user: rest.user,
    owed: rest.owed,
  };
}
