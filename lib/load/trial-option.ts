/** Tries what a step says of its own carrying out, as far as it holds expressions. */
import { Unknown } from '../base/unknown.ts';
import type { Scope } from '../model/runbook.ts';
import { createFirst, type Report } from './report.ts';
import type { BuiltStep } from './runbook.ts';
import type { Attempt, StepTrial, TrialWorld } from './trial.ts';
import { checkCondition, refuseSecrets } from './trial-condition.ts';
import { localScope, NOTHING } from './trial-step.ts';
import { tryTemplate } from './trial-template.ts';

/** Undefined where there is nothing to try. */
export function optionTrial(built: BuiltStep, world: TrialWorld, report: Report): StepTrial | undefined {
  if (!built.until) return undefined;
  const attempt: Attempt = { built, world, report, first: createFirst() };
  refuseSecrets(built.until, 'a condition', report);
  return { hosts: built.step.hosts, on: (host, scope) => tryUntil(host, scope, attempt) };
}

/** Its outputs are known by name alone; of a step with `foreach` not even by that. */
function tryUntil(host: string, scope: Scope, attempt: Attempt): void {
  const { built, world } = attempt;
  const { until, foreach, step } = built;
  if (!until) return;
  const { local, inner } = foreach?.vars
    ? { local: NOTHING, inner: scope }
    : localScope(host, scope, attempt);
  const unknown = new Unknown(`step ${step.id}`);
  const names = Object.keys(step.task.outputs ?? {});
  const outputs = foreach ? unknown : Object.fromEntries(names.map((name) => [name, unknown]));
  const bound = { values: { outputs }, where: `of step ${step.id}` };
  const own = { ...attempt, world: { ...world, names: { ...world.names, bound } } };
  checkCondition(tryTemplate(until, { ...inner, outputs }, local, host, own), host, own, 'until');
}
