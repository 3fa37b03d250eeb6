/** Reads through cuts of the connection: it does no harm to look again. */
import type { Part, PartResult } from './contract.ts';
import type { HostShell } from './host-shell.ts';
import { createPatience } from './patience.ts';
import { readParts } from './read.ts';
import { Died } from './supervisor.ts';

export interface ReadPassage {
  readonly shell: HostShell;
  /** How long a cut connection is tried again, in milliseconds. */
  readonly reconnectMs: number;
  readonly signal: AbortSignal;
}

/** Throws RunError `unreachable` when the host stays away. */
export async function readThrough(
  { shell, reconnectMs, signal }: ReadPassage,
  parts: readonly Part[],
): Promise<readonly PartResult[]> {
  const patience = createPatience(reconnectMs);
  for (;;) {
    try {
      return await shell.ask((link, options) => readParts(link, parts, options), signal);
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      const left = patience.left(error);
      if (left > 0 && (await shell.again(error, left, signal))) continue;
      throw shell.lost(error, 'while it was read, and could not be made again; nothing was changed by that');
    }
  }
}
