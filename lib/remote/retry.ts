/** Waiting before another attempt: doubling, with jitter, ended early by an abort. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Milliseconds before attempt `retry` (0 for the first repetition): doubling up to the maximum, ±50 %. */
export function backoffMs(backoff: Backoff, retry: number, random: number = Math.random()): number {
  return Math.min(backoff.maxMs, backoff.firstMs * 2 ** retry) * (0.5 + random);
}

/** Sleeps; an abort ends the sleep without throwing (whoever asked looks at the signal itself). */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
}
