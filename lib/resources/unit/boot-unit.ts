/** A unit of ours that is there for the next boot: enabled, and never started or restarted by a run. */
import type { Resource } from '../../model/resource.ts';
import { service } from './service.ts';
import { RELOAD_MARK } from './unit-debt.ts';
import type { UnitState } from './unit-kind.ts';

/**
 * What the unit does at boot has been done in place by then. A restart for its new file, which {@link service} would
 * owe it after a boot, would only do it again.
 */
export function bootUnit(name: string): Resource<UnitState> {
  const unit = service(name, { enabled: true });
  return { ...unit, debts: (unit.debts ?? []).filter(({ mark }) => mark === `owed:${RELOAD_MARK}`) };
}
