/** What follows from changes that nobody can foresee: restarts of what rests on them, handlers that their steps notify. */
import type { Key } from '../../model/key.ts';
import type { Change } from '../../model/resource.ts';
import type { Step } from '../../model/runbook.ts';
import { stepOf } from '../ending.ts';
import type { HostPlan } from '../host-plan.ts';
import type { Life } from '../life.ts';
import { debtors } from '../reading.ts';

type Open = HostPlan['open'][number];
type Cause = Pick<Open, 'step' | 'key' | 'check'>;

/** Known after apply, too, as far as no change of theirs is planned anyway. */
export function followers(life: Life, causes: readonly Cause[], changes: readonly Change[]): readonly Open[] {
  const found = new Map<string, Open>();
  const add = (step: Step, key: Key | undefined, cause: string): void => {
    if (key !== undefined && changes.some((change) => change.step === step.id && change.key === key)) return;
    const reason = `step ${cause}, if that changes something`;
    found.set(`${step.id} ${key ?? ''}`, { step, ...(key === undefined ? {} : { key }), reason });
  };
  for (const { step, key, check } of causes) {
    if (check) continue;
    for (const id of step.notify) {
      const handler = stepOf(life, id);
      if (handler && !changes.some((change) => change.step === id)) add(handler, undefined, step.id);
    }
    for (const debtor of debtors(life)) {
      const owes = (debtor.resource.debts ?? []).some(({ because }) => key === undefined || because(key));
      if (owes) add(debtor.step, debtor.resource.key, step.id);
    }
  }
  return [...found.values()];
}

/** Changes that rest on a guess, as causes. */
export function guesses(life: Life, changes: readonly Change[]): readonly Cause[] {
  return changes.flatMap(({ step, key, mayDiffer }) => {
    const of = mayDiffer === undefined ? undefined : stepOf(life, step);
    return of ? [{ step: of, key }] : [];
  });
}
