/** Runs that may hang: they are ended when they stay for too long, and say what went wrong. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finished, Running } from '../fixture/lab-run.ts';

/** A run that stays for longer hangs, in milliseconds. */
export const RUN_LIMIT_MS = 240_000;

/** Undefined when it had to be killed. */
export async function bounded(running: Running): Promise<Finished | undefined> {
  const timer = new AbortController();
  const late = sleep(RUN_LIMIT_MS, undefined, { signal: timer.signal }).catch(() => undefined);
  const finished = await Promise.race([running.done, late]);
  timer.abort();
  if (finished) return finished;
  running.child.kill('SIGKILL');
  await running.done;
  return undefined;
}

export function failureLines(run: Finished | undefined): readonly string[] {
  if (!run) return [];
  const said = run.events.flatMap((event): string[] => {
    if (event.kind === 'step' && event.failure)
      return [`${event.host} ${event.step}: ${event.failure.message}`];
    if (event.kind === 'unreachable') return [`${event.host}: ${event.failure.message}`];
    return [];
  });
  return said.length > 0 ? said : run.err.trimEnd().split('\n').slice(-5);
}
