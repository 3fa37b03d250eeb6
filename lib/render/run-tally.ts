/** How many changes of each sort a host has: the columns of the summary table. */
import type { Action } from '../model/resource.ts';
import type { HostReport, RunReport } from './run-report.ts';

export interface Tally {
  readonly create: number;
  readonly update: number;
  readonly delete: number;
  /** Reloads as well. */
  readonly restart: number;
  /** Starts and stops. */
  readonly start: number;
  readonly run: number;
  readonly later: number;
  readonly failed: number;
  readonly state: 'reached' | 'drifted' | 'unreachable' | 'locked';
}

export const COLUMNS = ['create', 'update', 'delete', 'restart', 'start', 'run', 'later', 'failed'] as const;

const COLUMN: Readonly<Record<Action, (typeof COLUMNS)[number]>> = {
  create: 'create',
  update: 'update',
  delete: 'delete',
  restart: 'restart',
  reload: 'restart',
  start: 'start',
  stop: 'start',
  run: 'run',
};

export function tallyOf({ changes, later, steps, recap, unreachable, locked }: HostReport): Tally {
  const found = { create: 0, update: 0, delete: 0, restart: 0, start: 0, run: 0, later: later.length };
  for (const { action } of changes) found[COLUMN[action] as 'create'] += 1;
  return {
    ...found,
    failed: steps.filter(({ status }) => status === 'failed' || status === 'rolled_back').length,
    state: unreachable ? 'unreachable' : locked ? 'locked' : recap?.drifted ? 'drifted' : 'reached',
  };
}

export function sumOf(tallies: readonly Tally[]): Tally {
  const sum = (column: (typeof COLUMNS)[number]): number =>
    tallies.reduce((total, tally) => total + tally[column], 0);
  return {
    create: sum('create'),
    update: sum('update'),
    delete: sum('delete'),
    restart: sum('restart'),
    start: sum('start'),
    run: sum('run'),
    later: sum('later'),
    failed: sum('failed'),
    state: 'reached',
  };
}

/** Hosts that the run is about: those that were only read count where something is wrong with them. */
export function hostsConcerned({ hosts }: RunReport): readonly HostReport[] {
  return hosts.filter(
    ({ recap, unreachable, steps }) =>
      recap?.readOnly !== true || unreachable || steps.some(({ failure }) => failure),
  );
}
