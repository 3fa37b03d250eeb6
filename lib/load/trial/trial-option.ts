/** Tries what a step says of its own carrying out, as far as it holds expressions. */
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import { typeOfSchema } from '../expression/type.ts';
import { TypedUnknown } from '../expression/typed-unknown.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { withProperty } from '../runbook/step-scope.ts';
import { createFirst, type Report } from '../source/report.ts';
import type { Attempt, StepTrial, TrialWorld } from './trial.ts';
import { checkCondition, refuseSecrets } from './trial-condition.ts';
import { tryIn } from './trial-step.ts';

/** Undefined where there is nothing to try. */
export function optionTrial(built: BuiltStep, world: TrialWorld, report: Report): StepTrial | undefined {
  if (!built.until && built.env.length === 0) return undefined;
  const names = world.namesIn(built.draft.frame);
  const attempt: Attempt = { built, world, names, report, first: createFirst() };
  if (built.until) refuseSecrets(built.until.template, 'a condition', report);
  return {
    hosts: built.step.hosts,
    on(host, scope) {
      tryUntil(host, scope, attempt);
      tryEnv(host, scope, attempt);
    },
  };
}

/** Its outputs are known by name alone; of a step with `foreach` not even by that. */
function tryUntil(host: string, base: Scope, attempt: Attempt): void {
  const { until, foreach, step } = attempt.built;
  if (!until) return;
  const unknown = new Unknown(`step ${step.id}`);
  const typed = Object.entries(step.task.outputs ?? {}).map(([name, schema]) => {
    return [name, new TypedUnknown(`step ${step.id}`, typeOfSchema(schema))];
  });
  const outputs = foreach ? unknown : Object.fromEntries(typed);
  const bound = { values: { outputs }, where: `of step ${step.id}` };
  const own = { ...attempt, names: { ...attempt.names, bound } };
  const scope = withProperty(base, 'outputs', outputs);
  checkCondition(tryIn(until.scope, until.template, scope, host, own), host, until, own);
}

/** Items are not told apart: what they are is looked at where the parameters are tried. */
function tryEnv(host: string, base: Scope, attempt: Attempt): void {
  const { built, world, report, first } = attempt;
  const unknown = new Unknown(`the items of ${built.step.id}`);
  const values = built.foreach ? { item: unknown, index: unknown, key: unknown } : {};
  const scope = Object.entries(values).reduce((all, [name, value]) => withProperty(all, name, value), base);
  for (const { name, template, scope: names, frame, node } of built.env) {
    const own = { ...attempt, names: { ...world.namesIn(frame), bound: { values, where: 'of any item' } } };
    const value = tryIn(names, template, scope, host, own);
    const fits = ['string', 'number'].includes(typeof value) || value instanceof Secret;
    if (fits || value instanceof Unknown) continue;
    first('wrong-type', name, () =>
      report.add(
        'wrong-type',
        `"${name}" must be a string (on ${host})`,
        node,
        'make it text with string(…)',
      ),
    );
  }
}
