/** Carries a job out through cuts of the connection: what has begun on the host goes on there, and is read when we are back. */
import { allDone, applyResult, cleanText, fetchMissing, sendApply } from './apply.ts';
import { type Progress, runningChange } from './apply-progress.ts';
import { recoverApply } from './apply-recover.ts';
import type { ApplyResult } from './contract.ts';
import type { HostLock } from './host-lock.ts';
import type { HostShell } from './host-shell.ts';
import { Died } from './supervisor.ts';

export interface Passage {
  readonly shell: HostShell;
  readonly progress: Progress;
  readonly lock: HostLock;
  /** How long a cut connection is tried again, in milliseconds. */
  readonly reconnectMs: number;
  readonly signal: AbortSignal;
}

/** How often a job that never began, or a read after a cut, is sent again over a new connection. */
export const ATTEMPTS = 3;

/** Throws RunError `unreachable` when the host stays away. */
export async function applyThrough(passage: Passage): Promise<ApplyResult> {
  const { shell, progress, signal } = passage;
  const attempt = await carryOut(passage);
  if (progress.turnedAway) return { ...applyResult(progress), attempt };
  for (let tries = 1; ; tries += 1) {
    try {
      await shell.ask((link, options) => fetchMissing(link, progress, attempt, options), signal);
      break;
    } catch (error) {
      if (!(error instanceof Died) || tries >= ATTEMPTS) throw explain(passage, error);
      await reconnect(passage, error);
    }
  }
  const result = { ...applyResult(progress), attempt };
  await progress.watch.kept?.();
  // What is still to be confirmed rests on that folder.
  if (allDone(result) && !progress.job.confirm) shell.tell(cleanText(progress.job, attempt));
  return result;
}

/** Sends the script, through cuts; gives the attempt whose folder holds the journal. */
async function carryOut(passage: Passage): Promise<number> {
  const { shell, progress, lock, signal } = passage;
  const { job } = progress;
  const onLock = (number: number) => lock.hold(number, (text) => shell.tell(text));
  for (let attempt = 0; ; attempt += 1) {
    try {
      const draw = job.lock && { draw: lock.draw(job.lock, job.run), onLock };
      await shell.ask((link, options) => sendApply(link, progress, attempt, { ...options, ...draw }), signal);
      return attempt;
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      if ((await recover(passage, error, attempt)) === 'ended') return attempt;
      if (attempt + 1 >= ATTEMPTS) throw shell.lost(error, 'again and again before anything was written');
    }
  }
}

async function recover(passage: Passage, died: Died, attempt: number): Promise<'ended' | 'never'> {
  const { shell, progress, signal } = passage;
  let cut = died;
  for (let tries = 1; ; tries += 1) {
    await reconnect(passage, cut);
    try {
      return await shell.ask((link, options) => recoverApply(link, progress, attempt, options), signal);
    } catch (error) {
      if (!(error instanceof Died) || tries >= ATTEMPTS) throw explain(passage, error);
      cut = error;
    }
  }
}

async function reconnect(passage: Passage, died: Died): Promise<void> {
  const back = await passage.shell.again(died, passage.reconnectMs, passage.signal);
  if (!back) throw explain(passage, died);
}

function explain({ shell, progress }: Passage, error: unknown): unknown {
  if (!(error instanceof Died)) return error;
  const all = progress.job.changes;
  const running = runningChange(progress);
  const at = running ? all.indexOf(running) + 1 : progress.results.size;
  const where = running ? `during change ${at} of ${all.length}` : `after change ${at} of ${all.length}`;
  return shell.lost(error, `${where}, and could not be made again; what had begun goes on there`);
}
