/** How a host's part of a run has ended: its line of the recap, and whether work is left. */
import type { HostRecap, StepStatus } from '../model/event.ts';
import { hasFailed, type Life, statusOf } from './life.ts';

/** What is left of a host when it is done. */
export interface HostSummary {
  readonly recap: HostRecap;
  /** Work is left: something failed, could not be reached, or was not done because of either, here or on another host. */
  readonly unfinished: boolean;
  /** A step failed that was more than refused before the first write. */
  readonly spoilt: boolean;
}

export function summaryOf(life: Life, unreachable: boolean, seconds: number): HostSummary {
  const recap = recapOf(life, unreachable, seconds);
  const failed = recap.failed > 0;
  const undone = life.order.some(({ step }) => life.ended.get(step.id)?.met === false);
  const unfinished = !recap.readOnly && (failed || recap.unreachable || life.locked || undone);
  const anyFailed = [...life.ended.values()].some(({ status }) => status === 'failed');
  return { recap, unfinished, spoilt: life.wrote || (anyFailed && !life.refused && !life.drifted) };
}

function recapOf(life: Life, unreachable: boolean, seconds: number): HostRecap {
  const handlers = new Set([...life.done].filter(({ handler }) => handler).map(({ step }) => step));
  // Handlers that were not asked for do not count; those that failed do.
  const counted = life.order.filter(
    ({ step, handler }) =>
      !handler || hasFailed(life, step.id) || life.changedSteps.has(step.id) || handlers.has(step),
  );
  const count = (status: StepStatus): number =>
    counted.filter(({ step }) => statusOf(life, step.id) === status).length;
  const later = counted.filter(
    ({ step }) => life.putOff.has(step.id) && statusOf(life, step.id) === 'ok',
  ).length;
  return {
    ok: count('ok') - later,
    changed: count('changed'),
    failed: count('failed'),
    ignored: count('ignored'),
    skipped: count('skipped'),
    later,
    ...(count('rolled_back') > 0 ? { rolledBack: count('rolled_back') } : {}),
    unreachable,
    ...(life.locked ? { locked: true as const } : {}),
    ...(life.drifted ? { drifted: true as const } : {}),
    readOnly: life.readOnly,
    roundTrips: life.roundTrips + (life.session?.roundTrips ?? 0),
    seconds: Math.round(seconds * 1000) / 1000,
  };
}
