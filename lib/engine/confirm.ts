/** Which changes a host takes back by itself unless a new login succeeds, and what that rests on. */
import { CONFIRM_MS } from '../model/confirm.ts';
import type { Change, Draft } from '../model/resource.ts';
import type { Step } from '../model/runbook.ts';
import type { ApplyChange, ApplyJob, ApplyResult, Confirmation, Restore } from '../remote/contract.ts';
import { backupFolder } from '../remote/run-folder.ts';
import type { HostPlan, PlanInput } from './host-plan.ts';
import type { Life } from './life.ts';

/** A change of an earlier stretch for which something is owed. */
export interface Made {
  readonly change: Change;
  readonly restore: Restore;
}

/** How long one change waits for its confirmation. `either`: it alters nothing, and goes with whatever is beside it. */
export type Wait = { readonly ms: number; readonly by: 'hand' | 'cuts' } | 'none' | 'either';

/**
 * What the step says for itself wins over the runbook, and the command line over both, but for a step that says no. Where
 * nobody says anything, a step is confirmed whole when one of its changes can cut: `cutting` has the steps of which that is known.
 */
export function waitOf(
  { context: { confirm, steps }, cutting }: Pick<Life, 'context' | 'cutting'>,
  id: string,
  { cuts, quiet, along, apart, reboots }: Pick<Draft, 'cuts' | 'quiet' | 'along' | 'apart' | 'reboots'>,
): Wait {
  if (quiet) return apart ? 'none' : 'either';
  // A reboot would take back what waits for its confirmation.
  if (reboots) return 'none';
  const said = steps.get(id)?.confirm?.time;
  if (confirm === 'off' || said === 'off') return 'none';
  const ms = confirm ?? said;
  if (ms !== undefined) return { ms, by: 'hand' };
  if (cuts === undefined && along === undefined && !cutting.has(id)) return 'none';
  return { ms: Math.max(CONFIRM_MS, along ?? 0), by: 'cuts' };
}

/** The steps with a change that can cut the connection. */
export function cuttingSteps(changes: readonly Change[]): ReadonlySet<string> {
  return new Set(changes.flatMap(({ step, draft }) => (draft.cuts === undefined ? [] : [step])));
}

/** True where the change cannot stand in one stretch with those before it: the one is to be confirmed, the others not. */
export function partsHere(input: Pick<PlanInput, 'wait'>, plan: HostPlan, step: Step, draft: Draft): boolean {
  const wait = input.wait(step.id, draft);
  if (wait === 'either') return false;
  const before = plan.changes.map((change) => input.wait(change.step, change.draft));
  const last = before.findLast((each) => each !== 'either');
  return last !== undefined && (last === 'none') !== (wait === 'none');
}

/** What the host is told of a stretch; undefined: nobody has to confirm it. */
export function confirmationOf(
  life: Life,
  changes: readonly Change[],
  restores: readonly ApplyChange[],
): Confirmation | undefined {
  const waits = changes.map((change) => waitOf(life, change.step, change.draft));
  const times = waits.flatMap((wait) => (typeof wait === 'object' ? [wait.ms] : []));
  if (times.length === 0) return undefined;
  const paid = new Set(changes.flatMap(({ draft }) => draft.pays ?? []));
  const also = life.made.filter(({ change }) => change.owes.some((mark) => paid.has(mark)));
  const own = new Set(restores.map(({ id }) => id));
  return {
    deadlineMs: Math.max(...times),
    soft: new Set(changes.filter((change) => isSoft(life, change)).map(({ id }) => id)),
    also: also.map(({ restore }) => restore).filter(({ id }) => !own.has(id)),
  };
}

/** What a dry run says of it. */
export function confirmSaid(
  { context, foreseen }: Life,
  { step, draft }: Change,
): { readonly confirm?: number } {
  const wait = waitOf({ context, cutting: cuttingSteps(foreseen.changes) }, step, draft);
  return typeof wait === 'object' ? { confirm: wait.ms / 1000 } : {};
}

/** When a change that has just begun starts the time of what is to be confirmed; undefined: it does not. */
export function confirmUntil(life: Life, changes: readonly Change[], change: Change): number | undefined {
  const times = changes.flatMap(({ step, draft }) => {
    const wait = waitOf(life, step, draft);
    return typeof wait === 'object' ? [wait.ms] : [];
  });
  return times.length === 0 || isSoft(life, change) ? undefined : Date.now() + Math.max(...times);
}

/** What is said while a host waits. */
export function awaitedText(until: number): string {
  const clock = new Date(until).toTimeString().slice(0, 8);
  return `a new login is awaited until ${clock}, else the host takes it back`;
}

/** It cannot cut by itself, and its step asks for no time of its own: it may take as long as it takes. */
function isSoft({ context }: Life, { step, draft }: Change): boolean {
  return draft.quiet === true || (draft.cuts === undefined && context.steps.get(step)?.confirm?.own !== true);
}

/** Remembers what a later stretch may have to take back: a file whose unit has not been restarted yet. */
export function rememberMade(
  life: Life,
  changes: readonly Change[],
  job: ApplyJob,
  { attempt }: ApplyResult,
): void {
  const sent = new Map(job.changes.map((each) => [each.id, each]));
  for (const change of changes) {
    const made = sent.get(change.id);
    if (change.owes.length === 0 || !made?.restore) continue;
    const { id, restore, finish, user, owes } = made;
    const rest = { ...(finish ? { finish } : {}), ...(user === undefined ? {} : { user }) };
    life.made.push({
      change,
      restore: { id, restore, owes, ...rest, backup: backupFolder(job, attempt ?? 0) },
    });
  }
}
