/** The events of a dry run, of which only what drifted is a change. */
import type { Emit, HostRecap, RunEvent } from '../../model/event.ts';
import type { Tally } from './tally.ts';

export interface SiftOptions {
  /** Path of the runbook. */
  readonly runbook: string;
  readonly emit: Emit;
  readonly tally: Tally;
  /** The command that mends a host. */
  mend(host: string): string;
}

interface Found {
  /** Steps of which something differs from what was left. */
  readonly drifted: Set<string>;
  /** Steps of which something would be done, though it differs from nothing. */
  readonly idle: Set<string>;
  /** Steps that were told as changed. */
  readonly changed: Set<string>;
}

/**
 * An act has no state to prove and would be done each time; a restart or reload behind another change is owed to that
 * one. Neither is drift, and what is found is not in doubt because of them. A restart by itself is drift: the host owes
 * it since an earlier run.
 */
export function siftDrift({ runbook, emit, tally, mend }: SiftOptions): Emit {
  const found = new Map<string, Found>();
  const on = (host: string): Found => {
    const known = found.get(host) ?? { drifted: new Set(), idle: new Set(), changed: new Set() };
    found.set(host, known);
    return known;
  };
  return (event) => {
    switch (event.kind) {
      case 'change': {
        const { drifted, idle } = on(event.host);
        const { host, step } = event;
        if (event.act || isOwed(event, drifted.size + idle.size)) {
          idle.add(step);
          return;
        }
        drifted.add(step);
        const { mayDiffer, ...seen } = event;
        const guess = mayDiffer === undefined || idle.has(mayDiffer) ? {} : { mayDiffer };
        emit({ ...seen, ...guess, runbook, mend: mend(host) });
        return;
      }
      case 'later':
        emit({ ...event, runbook });
        return;
      case 'step': {
        const { drifted, changed } = on(event.host);
        if (event.status === 'changed') changed.add(event.step);
        const calm = event.status === 'changed' && !drifted.has(event.step);
        emit({ ...event, ...(calm ? { status: 'ok' as const } : {}), runbook });
        return;
      }
      case 'unreachable':
      case 'warning':
        emit(event);
        return;
      case 'recap':
        for (const [host, recap] of Object.entries(event.hosts)) tally.add(host, sifted(recap, on(host)));
        return;
      default:
        return;
    }
  };
}

function isOwed({ action }: Extract<RunEvent, { kind: 'change' }>, before: number): boolean {
  return (action === 'restart' || action === 'reload') && before > 0;
}

/** Steps that are no drift count as what is known after apply. */
function sifted(recap: HostRecap, { drifted, changed }: Found): HostRecap {
  const calm = [...changed].filter((step) => !drifted.has(step)).length;
  return { ...recap, changed: recap.changed - calm, later: recap.later + calm };
}
