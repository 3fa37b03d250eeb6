/** What the hosts of an inventory remember: read from all of them at once. */
import { recordsTask } from '../../engine/records-task.ts';
import { passingSeal } from '../../engine/review/seal.ts';
import type { RunOptions } from '../../engine/run-options.ts';
import type { Emit } from '../../model/event.ts';
import type { Key } from '../../model/key.ts';
import type { ProvisionRecord } from '../../model/provision.ts';
import type { AdHoc } from '../ad-hoc.ts';
import type { Tally } from './tally.ts';

const KEY: Key = 'provisioned:host';

/** The step that reads records, or takes those of these runbooks away. */
export function recordsStep(project: string, forget: readonly string[]): AdHoc {
  return { name: 'records', taskName: 'records', task: recordsTask, params: { project, forget } };
}

export interface Remembered {
  readonly options: RunOptions;
  /** Records by host, of hosts that could be asked. */
  readonly records: ReadonlyMap<string, readonly ProvisionRecord[]>;
}

/** Options of a run that asks the hosts; `records` fills while it runs. */
export function askHosts(options: RunOptions, emit: Emit, tally: Tally): Remembered {
  const records = new Map<string, readonly ProvisionRecord[]>();
  return {
    records,
    options: {
      ...options,
      dryRun: true,
      // Nobody compares its prints with those of another run.
      seal: passingSeal(),
      record: ({ host, states, unreachable, failed }) => {
        if (unreachable !== undefined || failed.length > 0) return;
        const found = states[KEY]?.state as { readonly records: readonly ProvisionRecord[] } | undefined;
        records.set(host, found?.records ?? []);
      },
      emit: (event) => {
        if (event.kind === 'unreachable' || event.kind === 'warning') emit(event);
        if (event.kind === 'step' && event.failure) emit(event);
        if (event.kind !== 'recap') return;
        // The look itself is no step of anything.
        for (const [host, recap] of Object.entries(event.hosts)) tally.add(host, { ...recap, ok: 0 });
      },
    },
  };
}
