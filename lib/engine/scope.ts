/** What expressions, templates and tasks can see: hosts, variables, facts, outputs, with unknowns where nobody has looked. */
import { lookUpRecord, type Names } from '../base/lazy-record.ts';
import type { Once } from '../base/once.ts';
import { formatPlace } from '../base/problem.ts';
import type { Facts } from '../model/facts.ts';
import type { Host } from '../model/inventory.ts';
import { type Item, itemScope } from '../model/item.ts';
import type { Project, Scope, Step } from '../model/runbook.ts';
import type { HostView, LocalFile, StepEnv, TaskContext } from '../model/task.ts';
import type { Board, Outputs } from './board.ts';
import { hostView } from './host-view.ts';
import { createStepParams, type FixedParams } from './step-params.ts';

/** What the scope is built from; the rest it asks the board. */
export interface ScopeSource {
  readonly project: Project;
  readonly board: Board;
  readonly run: { readonly id: string; readonly dryRun: boolean };
  /** Variables of a host with the runbook's and the command line's on top. */
  vars(host: string): Readonly<Record<string, unknown>>;
  local(path: string, step: Step): readonly LocalFile[];
  /** Groups with the names of their hosts. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** A step or handler by its id. */
  step(id: string): Step | undefined;
  /** Ids of those on a host. */
  stepsOn(host: string): Names;
  /** Shared by all hosts of the run. */
  readonly fixedParams: FixedParams;
  /** Shared by all hosts of the run, too. */
  readonly once: Once;
  checkParams(step: Step, params: unknown): unknown;
}

/** What this host knows of itself while it plans. */
export interface OwnView {
  readonly host: Host;
  facts(): Facts | undefined;
  outputs(step: string): Outputs | undefined;
  /** Told when something looked at facts that are not known yet. */
  factsTouched(host: string): void;
}

/** What one host sees, made once: views look outputs and facts up at each use, so they never grow stale. */
export interface Scopes {
  /** How often facts or outputs have been looked up: what looked at neither stays as it is for the whole run. */
  readonly lookups: number;
  /** How often this host's own facts have been. */
  readonly factLookups: number;
  /** Names in scope of this host, and of an item of a step: what expressions are evaluated in. */
  of(item?: Item): Scope;
  context(
    step: Step,
    rest: {
      readonly user: string | undefined;
      readonly owed: `owed:${string}` | undefined;
      readonly item?: Item | undefined;
      readonly env: StepEnv;
    },
  ): TaskContext;
  /** How often a task has looked at its host, or at others, through its context. */
  readonly hostLooks: number;
  /** Forgets what rested on facts and outputs. */
  refresh(): void;
}

export function createScopes(source: ScopeSource, self: OwnView): Scopes {
  const views = new Map<string, HostView>();
  let lookups = 0;
  let factLookups = 0;
  let hostLooks = 0;
  // Facts and outputs of any host, looked at and not merely within reach.
  let looks = 0;
  const look = (): void => {
    looks += 1;
    // Another host's facts and outputs may come at any time.
    lookups += 1;
  };
  const own: OwnView = {
    ...self,
    facts: () => {
      lookups += 1;
      factLookups += 1;
      return self.facts();
    },
    outputs: (step) => {
      lookups += 1;
      return self.outputs(step);
    },
  };
  const view = (name: string): HostView => {
    const known = views.get(name) ?? hostView(source, own, name, look);
    views.set(name, known);
    return known;
  };
  const hosts = lookUpRecord(source.project.inventory.hosts, view);
  const base = baseScope(source, view(own.host.name), hosts);
  const within = (outer: Scope, item: Item | undefined): Scope => (item ? itemScope(outer, item) : outer);
  const of = (item?: Item): Scope => within(base, item);
  const params = createStepParams({
    step: source.step,
    fixed: source.fixedParams,
    scope: (name, item) =>
      name === own.host.name ? of(item) : within(baseScope(source, view(name), hosts), item),
    checkParams: source.checkParams,
    looks: () => looks,
    factLooks: () => factLookups,
    ownFacts: own.facts,
    rests(ownFacts) {
      lookups += 1;
      if (ownFacts) factLookups += 1;
    },
  });
  return {
    get lookups() {
      return lookups;
    },
    get factLookups() {
      return factLookups;
    },
    of,
    refresh: params.refresh,
    get hostLooks() {
      return hostLooks;
    },
    context: (step, { user, owed, item, env }) => ({
      get host() {
        hostLooks += 1;
        return view(own.host.name);
      },
      hosts: (group) => {
        hostLooks += 1;
        const names = source.project.inventory.groups.get(group);
        if (!names) throw new Error(`${formatPlace(step.place)}: no group ${group}`);
        return names.map(view);
      },
      params: (id, name = own.host.name) => {
        hostLooks += 1;
        return params.of(id, name, id === step.id ? item : undefined);
      },
      once: source.once,
      stepId: step.id,
      get scope() {
        hostLooks += 1;
        return step.scope?.enter(of(item)) ?? of(item);
      },
      local: (path) => source.local(path, step),
      get stepName() {
        // Items of the same parameters are told apart by it.
        if (item) hostLooks += 1;
        return `${source.project.runbook.name}.${step.id}${item ? `.${partOf(item)}` : ''}`;
      },
      env,
      user,
      owed,
    }),
  };
}

/** An item within a name. */
export function partOf({ key, index }: Item): string {
  return key === undefined ? String(index) : key.replaceAll(/[^A-Za-z0-9_-]+/g, '_');
}

function baseScope(source: ScopeSource, host: HostView, hosts: unknown): Scope {
  const { runbook } = source.project;
  return {
    host,
    vars: host.vars,
    hosts,
    groups: source.groups,
    secrets: runbook.unknownSecrets ?? runbook.secrets,
    run: { id: source.run.id, runbook: runbook.name, dry_run: source.run.dryRun },
    get steps() {
      return host.steps;
    },
    get facts() {
      return host.facts;
    },
  };
}
