/** Tries one step on one host: its variables, its condition, its parameters. */
import { Unknown } from '../base/unknown.ts';
import type { Scope } from '../model/runbook.ts';
import { child } from './node.ts';
import type { BuiltStep } from './runbook.ts';
import type { Compiled } from './template.ts';
import type { Attempt } from './trial.ts';
import { checkCondition } from './trial-condition.ts';
import { tryTemplate } from './trial-template.ts';

export const NOTHING: Readonly<Record<string, unknown>> = {};

/** The parameters there, Unknown where they have no value, undefined where they are constant; whether the step runs there. */
export function tryOn(
  host: string,
  scope: Scope,
  attempt: Attempt,
): { readonly params: unknown; readonly there: boolean } {
  const { built } = attempt;
  const { local, inner } = localScope(host, scope, attempt);
  const condition = built.when && tryTemplate(built.when, inner, local, host, attempt);
  if (built.when) checkCondition(condition, host, attempt);
  const params = built.with.constant ? undefined : tryTemplate(built.with, inner, local, host, attempt);
  return { params, there: condition !== false };
}

/** The step's own variables, and the scope with them. */
export function localScope(
  host: string,
  scope: Scope,
  attempt: Attempt,
): { readonly local: Readonly<Record<string, unknown>>; readonly inner: Scope } {
  const { vars } = attempt.built;
  if (!vars) return { local: NOTHING, inner: scope };
  const local = localVars(vars, scope, host, attempt);
  return { local, inner: { ...scope, vars: { ...(scope.vars as object), ...local } } };
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
