/** Tries every step on every host it is for, as far as it can be known before connecting: names, types, parameters. */
import type { Secret } from '../base/secret.ts';
import { findUnknown, Unknown } from '../base/unknown.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Scope } from '../model/runbook.ts';
import type { StepDraft } from './draft.ts';
import type { NameWorld } from './name-check.ts';
import { child } from './node.ts';
import { createFirst, type First, type Report } from './report.ts';
import type { BuiltStep } from './runbook.ts';
import type { Compiled } from './template.ts';
import { checkCondition, refuseSecrets } from './trial-condition.ts';
import { paramCheck } from './trial-param.ts';
import { trialScope } from './trial-scope.ts';
import { tryTemplate } from './trial-template.ts';
import type { ValueWorld } from './value-place.ts';

/** The parameters of a step on a host; none where its condition is known to be false. */
export interface Tried {
  readonly params: Readonly<Record<string, unknown>> | undefined;
  /** Something within them is not known yet. */
  readonly open: boolean;
}

export interface TrialWorld {
  readonly names: NameWorld;
  readonly inventory: Inventory;
  readonly runbookName: string;
  readonly drafts: readonly StepDraft[];
  /** Absolute path of the runbook. */
  readonly path: string;
  readonly cwd: string;
  readonly extraVars: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, Secret>>;
  /** Scopes by host, filled as they are asked for. */
  readonly scopes: Map<string, Scope>;
  /** Where values of variables come from. */
  readonly values: ValueWorld;
  /** Steps whose parameters somebody's check may look at. */
  readonly kept: ReadonlySet<string>;
  /** Parameters of those by step and host, as the trial finds them; those with a fault are not in it. */
  readonly tried: Map<string, Map<string, Tried>>;
  /** The secrets are stand-ins: an error of an expression that looks at one means nothing. */
  readonly shamSecrets: boolean;
}

/** What the trial of a step is about, on all its hosts. */
export interface Attempt {
  readonly built: BuiltStep;
  readonly world: TrialWorld;
  readonly report: Report;
  /** Each fault is told once, for the first host that has it. */
  readonly first: First;
}

export function tryStep(built: BuiltStep, world: TrialWorld, report: Report): void {
  const attempt = { built, world, report, first: createFirst() };
  const sound = paramCheck(attempt);
  refuseSecrets(built.when, 'a condition', report);
  const fixed = built.with.constant ? built.with.evaluate({}) : undefined;
  const fixedSound = built.with.constant && sound(fixed, undefined);
  const results = world.kept.has(built.step.id) ? new Map<string, Tried>() : undefined;
  if (results) world.tried.set(built.step.id, results);
  // The same on all hosts.
  else if (built.with.constant && !built.when && !built.vars) return;
  const fixedTried = results && fixedSound ? tried(fixed) : undefined;
  for (const host of built.step.hosts) {
    const { params, there } = tryOn(host, attempt);
    if (built.with.constant) keep(results, host, there ? fixedTried : NOT_THERE);
    else if (!(params instanceof Unknown) && sound(params, host))
      keep(results, host, there ? results && tried(params) : NOT_THERE);
  }
}

function keep(results: Map<string, Tried> | undefined, host: string, result: Tried | undefined): void {
  if (result) results?.set(host, result);
}

const NOT_THERE: Tried = { params: undefined, open: false };

function tried(params: unknown): Tried {
  return { params: params as Tried['params'], open: findUnknown(params) !== undefined };
}

const NOTHING: Readonly<Record<string, unknown>> = {};

/** The parameters there, Unknown where they have no value, undefined where they are constant; whether the step runs there. */
function tryOn(host: string, attempt: Attempt): { readonly params: unknown; readonly there: boolean } {
  const { built, world } = attempt;
  const scope = world.scopes.get(host) ?? trialScope(host, world);
  world.scopes.set(host, scope);
  const local = built.vars ? localVars(built.vars, scope, host, attempt) : NOTHING;
  const inner = built.vars ? { ...scope, vars: { ...(scope.vars as object), ...local } } : scope;
  const condition = built.when && tryTemplate(built.when, inner, local, host, attempt);
  if (built.when) checkCondition(condition, host, attempt);
  const params = built.with.constant ? undefined : tryTemplate(built.with, inner, local, host, attempt);
  return { params, there: condition !== false };
}

function localVars(
  vars: Compiled,
  scope: Scope,
  host: string,
  attempt: Attempt,
): Readonly<Record<string, unknown>> {
  const given = tryTemplate(vars, scope, NOTHING, host, attempt);
  const own = given instanceof Unknown ? localNames(attempt.built) : (given as object);
  return { ...own, ...attempt.world.extraVars };
}

/** Names with unknown values, for a step whose `vars` could not be worked out. */
function localNames({ draft }: BuiltStep): Readonly<Record<string, unknown>> {
  const node = child(draft.node, 'vars');
  const entries = node?.kind === 'map' ? node.entries : [];
  return Object.fromEntries(entries.map((entry) => [entry.name, new Unknown(`variable ${entry.name}`)]));
}
