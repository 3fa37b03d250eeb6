/** Exit codes, and the word that goes with each. */
import type { HostRecap, Result } from '../model/event.ts';

export interface Verdict {
  readonly exit: number;
  readonly result: Result;
}

export interface Tally {
  readonly hosts: readonly HostRecap[];
  readonly interrupted: 'SIGINT' | 'SIGTERM' | undefined;
  readonly dryRun: boolean;
  readonly detailed: boolean;
  /** Every failure is a refusal, and nothing was written on any host. */
  readonly onlyRefused: boolean;
}

/** When several hold: interrupted, rolled back, failed and unreachable, failed, refused, unreachable, locked. Dry runs: see --detailed-exitcode. */
export function verdict(tally: Tally): Verdict {
  if (tally.interrupted === 'SIGINT') return { exit: 130, result: 'interrupted' };
  if (tally.interrupted === 'SIGTERM') return { exit: 143, result: 'terminated' };
  const failed = tally.hosts.some((host) => host.failed > 0 && host.drifted !== true);
  const drifted = tally.hosts.some((host) => host.drifted === true);
  const unreachable = tally.hosts.some((host) => host.unreachable && !host.readOnly);
  if (tally.dryRun && tally.detailed && !drifted) return detailed(tally, failed, unreachable);
  if (tally.hosts.some(({ rolledBack = 0 }) => rolledBack > 0)) return { exit: 5, result: 'rolled_back' };
  if (failed && tally.onlyRefused && !unreachable) return { exit: 1, result: 'refused' };
  if (failed && unreachable) return { exit: 6, result: 'failed_and_unreachable' };
  if (failed) return { exit: 2, result: 'failed' };
  if (drifted) return { exit: 3, result: 'drifted' };
  if (unreachable) return { exit: 4, result: 'unreachable' };
  if (tally.hosts.some((host) => host.locked)) return { exit: 7, result: 'locked' };
  return { exit: 0, result: 'ok' };
}

function detailed(tally: Tally, failed: boolean, unreachable: boolean): Verdict {
  if (failed) return { exit: 1, result: 'failed' };
  if (unreachable) return { exit: 4, result: 'unreachable' };
  // What is known only after the apply may be a change: better looked at than missed.
  if (tally.hosts.some((host) => host.changed > 0 || host.later > 0))
    return { exit: 2, result: 'changes_pending' };
  return { exit: 0, result: 'ok' };
}
