/** Which marks a change leaves on the host: restarts and reloads owed to it, handlers notified by its step. */
import type { Key } from '../model/key.ts';
import { keyKind } from '../model/key.ts';
import type { AnyResource, Draft } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import { canonical } from './picture.ts';
import type { Prediction } from './prediction.ts';

interface DebtSource {
  readonly prediction: Prediction;
  readonly debtors: readonly { readonly step: Step; readonly resource: AnyResource }[];
  notified(step: Step): readonly Key[];
}

/** The mark of a handler: of this runbook, so that two runbooks' handlers of one name stay apart. */
export function handlerMark(runbook: string, handler: string): `owed:${string}` {
  return `owed:handler.${runbook.replaceAll(/[^A-Za-z0-9_-]+/g, '_')}.${handler}`;
}

export function owesAfter(source: DebtSource, step: Step, key: Key, draft: Draft): readonly Key[] {
  if (draft.quiet || keyKind(key) === 'owed') return [];
  const touched = [key, ...draft.effects.map((effect) => effect.key)].flatMap((name) => {
    const real = canonical(source.prediction.picture, name);
    return real === name ? [name] : [name, real];
  });
  const paid = new Set(draft.pays ?? []);
  const marks = new Set<Key>(source.notified(step));
  for (const { resource } of source.debtors) {
    for (const debt of resource.debts ?? []) {
      if (resource.key !== key && !paid.has(debt.mark) && touched.some((name) => debt.because(name)))
        marks.add(debt.mark);
    }
  }
  return [...marks];
}
