/** Carries a job out through cuts of the connection: what has begun on the host comes to its end there, and is read when we are back. */
import { allWell, applyResult, fetchMissing, sendApply } from './apply.ts';
import { type Progress, rebooting, runningChange } from './apply-progress.ts';
import { recoverApply } from './apply-recover.ts';
import { cleanOwnText, cleanText } from './clean-text.ts';
import type { ApplyResult } from './contract.ts';
import type { HostLock } from './host-lock.ts';
import type { HostShell } from './host-shell.ts';
import { createPatience, type Patience } from './patience.ts';
import { Died } from './supervisor.ts';

export interface Passage {
  readonly shell: HostShell;
  readonly progress: Progress;
  readonly lock: HostLock;
  /** How long a cut connection is tried again, in milliseconds. */
  readonly reconnectMs: number;
  readonly signal: AbortSignal;
}

/** How often a job that never began is sent again over a new connection. */
export const ATTEMPTS = 3;

/** Throws RunError `unreachable` when the host stays away. */
export async function applyThrough(passage: Passage): Promise<ApplyResult> {
  const { shell, progress, signal } = passage;
  const patience = createPatience(passage.reconnectMs);
  const attempt = await carryOut(passage, patience);
  if (progress.turnedAway) return { ...applyResult(progress), attempt };
  for (;;) {
    try {
      await shell.ask((link, options) => fetchMissing(link, progress, attempt, options), signal);
      break;
    } catch (error) {
      await reconnect(passage, patience, error);
    }
  }
  const result = { ...applyResult(progress), attempt };
  await progress.watch.kept?.();
  // What is still to be confirmed rests on that folder.
  if (allWell(result) && !progress.job.confirm) shell.tell(cleanText(progress.job, attempt));
  return result;
}

/** Sends the script, through cuts; gives the attempt whose folder holds the journal. */
async function carryOut(passage: Passage, patience: Patience): Promise<number> {
  const { shell, progress, lock, signal } = passage;
  const { job } = progress;
  const onLock = (number: number) => lock.hold(number, (text) => shell.tell(text));
  for (let attempt = 0; ; attempt += 1) {
    try {
      const draw = job.lock && { draw: lock.draw(job.lock, job.run), onLock };
      await shell.ask((link, options) => sendApply(link, progress, attempt, { ...options, ...draw }), signal);
      return attempt;
    } catch (error) {
      // What was ended at our word is known: nothing of it is looked for again.
      if (signal.aborted && !job.confirm) shell.tell(cleanOwnText(job, attempt));
      if (!(error instanceof Died)) throw error;
      const ended = (await recover(passage, patience, error, attempt)) === 'ended';
      // Stopped before its first change, it is as good as never begun.
      if (ended && (progress.begun.size > 0 || progress.watch.halt?.aborted)) return attempt;
      if (attempt + 1 >= ATTEMPTS) throw shell.lost(error, 'again and again before anything was written');
    }
  }
}

async function recover(
  passage: Passage,
  patience: Patience,
  died: Died,
  attempt: number,
): Promise<'ended' | 'never'> {
  const { shell, progress, signal } = passage;
  const looked = () => patience.calm();
  for (let cut: unknown = died; ; ) {
    await reconnect(passage, patience, cut);
    try {
      return await shell.ask(
        (link, options) => recoverApply(link, progress, attempt, options, looked),
        signal,
      );
    } catch (error) {
      cut = error;
    }
  }
}

/** Throws what is no cut, and a cut that has lasted too long. */
async function reconnect(passage: Passage, patience: Patience, error: unknown): Promise<void> {
  if (!(error instanceof Died)) throw error;
  const away = rebooting(passage.progress)?.reboots;
  const left = patience.left(error, away && Math.max(passage.reconnectMs, away.timeoutMs));
  if (left > 0 && (await passage.shell.again(error, left, passage.signal))) return;
  throw explain(passage, error);
}

function explain({ shell, progress }: Passage, error: Died): unknown {
  const all = progress.job.changes;
  const running = runningChange(progress);
  const at = running ? all.indexOf(running) + 1 : progress.results.size;
  const where = running ? `during change ${at} of ${all.length}` : `after change ${at} of ${all.length}`;
  if (running?.reboots) {
    const seconds = running.reboots.timeoutMs / 1000;
    return shell.lost(error, `${where}, the reboot, and could not be made again within ${seconds} s`);
  }
  return shell.lost(error, `${where}, and could not be made again; what had begun comes to its end there`);
}
