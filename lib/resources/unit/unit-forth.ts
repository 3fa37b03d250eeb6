/** The way back of an undo that starts, stops, enables or disables a unit. */
import { type Key, keyId } from '../../model/key.ts';
import type { Back, Undoing } from '../../model/resource.ts';
import { unitBack } from './unit-back.ts';
import type { UnitVerb } from './unit-command.ts';
import type { UnitState } from './unit-kind.ts';

export function unitForth(key: Key, { before, state, now, told }: Undoing<UnitState>): Back {
  return unitBack(keyId(key), state, verbsTo(before, state, told), now);
}

/** What the undo does to it, as far as states tell. */
function verbsTo(before: UnitState, now: UnitState, told: boolean): readonly UnitVerb[] {
  const runs = (state: UnitState): boolean => state.active === 'active' || state.active === 'reloading';
  const verbs: UnitVerb[] = [];
  if (before.file !== now.file && now.file === 'enabled') verbs.push('disable');
  if (before.file === 'enabled' && now.file !== 'enabled') verbs.push('enable');
  if (runs(now) !== runs(before)) verbs.push(runs(now) ? 'stop' : 'start');
  else if (runs(now) && told) verbs.push('restart');
  return verbs;
}
