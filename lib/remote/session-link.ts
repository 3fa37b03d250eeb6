/** Gets onto a host, and back onto it after a cut. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../base/error.ts';
import type { Sh } from '../base/sh.ts';
import { createEntry, explainSilentDeath, passPrompt } from './become.ts';
import type { Channel } from './channel.ts';
import type { Target } from './contract.ts';
import { interrupted } from './read-watch.ts';
import { Died, Supervisor } from './supervisor.ts';

/** Opens a connection to the host and starts `command` on it. `fresh`: one that shares nothing with others. */
export type Opener = (command: Sh, signal?: AbortSignal, fresh?: true) => Promise<Channel>;

/**
 * A shell as the wanted account, its password given where it was asked for. `trip` is called when a prompt had to
 * be waited for. Throws RunError `unreachable`, `failed` (may not become) or `interrupted`.
 */
export async function connectLink(
  open: Opener,
  target: Target,
  trip: () => void,
  signal?: AbortSignal,
  fresh?: true,
): Promise<Supervisor> {
  const entry = createEntry(target);
  const channel = await open(entry.command, signal, fresh);
  const link = new Supervisor(channel, target.silenceTimeoutMs);
  const close = () => void link.close().catch(() => undefined);
  signal?.addEventListener('abort', close, { once: true });
  try {
    if (entry.ask) trip();
    await passPrompt(link, entry, target);
    if (signal?.aborted) throw interrupted();
    return link;
  } catch (error) {
    close();
    if (signal?.aborted) throw interrupted();
    throw error instanceof Died ? explainSilentDeath(target, error) : error;
  } finally {
    signal?.removeEventListener('abort', close);
  }
}

/**
 * Calls `connect` with growing pauses until it succeeds or `limitMs` have passed. Gives false when the host stayed
 * away; what else goes wrong (a changed password) is thrown.
 */
export async function connectAgain(
  connect: () => Promise<unknown>,
  limitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const until = Date.now() + limitMs;
  for (let pause = 100; ; pause = Math.min(pause * 2, 5000)) {
    if (signal.aborted) throw interrupted();
    try {
      await connect();
      return true;
    } catch (error) {
      if (!(error instanceof RunError) || error.code !== 'unreachable') throw error;
      if (Date.now() + pause > until) return false;
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}
