/** Tries one step on one host: its variables, its condition, its parameters. */
import type { Scope } from '../../model/runbook.ts';
import type { Compiled } from '../expression/template.ts';
import type { StepScope } from '../runbook/step-scope.ts';
import type { Attempt, Trial } from './trial.ts';
import { checkCondition } from './trial-condition.ts';
import { tryTemplate } from './trial-template.ts';

const NOTHING: Readonly<Record<string, unknown>> = {};

/** The parameters there, Unknown where they have no value, undefined where they are constant; whether the step runs there. */
export function tryOn(
  host: string,
  base: Scope,
  attempt: Attempt,
): { readonly params: unknown; readonly there: boolean } {
  const { built } = attempt;
  if (built.vars) tryIn(built.vars.scope, built.vars.template, base, host, attempt);
  const there = holds(base, host, attempt);
  const params = built.with.constant ? undefined : tryIn(built.scope, built.with, base, host, attempt);
  return { params, there };
}

/** False where a condition is known to be false; what stands within is not asked then. */
function holds(base: Scope, host: string, attempt: Attempt): boolean {
  const { built, world } = attempt;
  for (const condition of built.conditions) {
    const own = condition.frame === built.draft.frame;
    const trial = own ? attempt : { ...attempt, names: world.namesIn(condition.frame) };
    const value = tryIn(condition.scope, condition.template, base, host, trial);
    checkCondition(value, host, condition, attempt);
    if (value === false) return false;
  }
  return true;
}

/** Tries a value in the names of its scope, from those of the host. */
export function tryIn(
  scope: StepScope,
  template: Compiled,
  base: Scope,
  host: string,
  trial: Trial,
): unknown {
  if (scope.bare || template.constant) return tryTemplate(template, base, NOTHING, host, trial);
  const names = scope.attempt(base);
  return tryTemplate(template, names, names.vars as Readonly<Record<string, unknown>>, host, trial);
}
