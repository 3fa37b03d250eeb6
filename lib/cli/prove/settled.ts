/** Hosts settle by themselves for a moment after a run: whoever finds something looks again before it counts. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds before each look. */
const LOOKS_MS = [0, 700, 2000, 4000];

/** What is found at last, or nothing as soon as a look finds nothing. */
export async function settled(look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  let found: readonly string[] = [];
  for (const ms of LOOKS_MS) {
    await sleep(ms);
    found = await look();
    if (found.length === 0) break;
  }
  return found;
}
