/** Planned changes as one apply job: what the host is sent, and what is read back. */

import { keyId } from '../model/key.ts';
import type { Change } from '../model/resource.ts';
import type { ApplyChange, ApplyJob, Confirmation, Part } from '../remote/contract.ts';
import type { LockClaim } from '../remote/lock.ts';

const DEFAULT_LIMIT_MS = 3_600_000;

export interface StretchOptions {
  readonly run: string;
  readonly stretch: number;
  readonly changes: readonly Change[];
  readonly verify: readonly Part[];
  readonly lock: LockClaim;
  /** Parts to read right after a change, for hosts that wait for its step. */
  readAfter(change: Change): readonly Part[];
  /** The step's own time limit. */
  limitMs(step: string): number | undefined;
  /** Nobody tries whether we would be locked out. */
  readonly allowLockout: boolean;
  /** Whether a new login has to confirm these. */
  confirm(changes: readonly ApplyChange[]): Confirmation | undefined;
  /** The account's name where a change says LOGIN. */
  account(user: string): string;
}

export function applyJob(options: StretchOptions): ApplyJob {
  const settles = options.changes.flatMap(({ draft }) => (draft.settle ? [draft.settle] : []));
  const changes = options.changes.map((change) => applyChange(change, options));
  const confirm = options.confirm(changes);
  return {
    run: options.run,
    stretch: options.stretch,
    changes,
    settleMs: Math.max(0, ...settles.map(({ ms }) => ms)),
    settleUnits: [...new Set(settles.map(({ unit }) => unit))],
    verify: options.verify,
    lock: options.lock,
    ...(confirm ? { confirm } : {}),
  };
}

function applyChange(change: Change, options: StretchOptions): ApplyChange {
  const { draft } = change;
  const then = options.readAfter(change);
  return {
    id: change.id,
    run: draft.run,
    limitMs: draft.limitMs ?? options.limitMs(change.step) ?? DEFAULT_LIMIT_MS,
    owes: change.owes.map(keyId),
    pays: (draft.pays ?? []).map(keyId),
    ...(draft.guard ? { guard: draft.guard } : {}),
    ...(draft.trial && !options.allowLockout ? { trial: draft.trial } : {}),
    ...(draft.back?.save ? { save: draft.back.save } : {}),
    ...(draft.back ? { restore: draft.back.restore } : {}),
    ...(draft.back?.finish ? { finish: draft.back.finish } : {}),
    ...(change.user === undefined ? {} : { user: options.account(change.user) }),
    ...(draft.upload ? { upload: draft.upload } : {}),
    ...(draft.reboots ? { reboots: draft.reboots } : {}),
    ...(draft.captures ? { captures: true } : {}),
    ...(draft.settle ? { unit: draft.settle.unit } : {}),
    ...(then.length > 0 ? { then } : {}),
  };
}
