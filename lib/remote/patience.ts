/** How long a host whose connection is gone is tried again: a time without any progress, whatever comes and goes meanwhile. */
import type { Died } from './supervisor.ts';

/** A shell that ends by itself on a connection that holds does so for a reason: it is not asked for ever. */
const ENDS = 3;

export interface Patience {
  /**
   * What is left of it in milliseconds, 0 for none. The first call after {@link calm} begins to count. `awayMs`: for a host
   * that goes down, which may end shells as often as it likes.
   */
  left(died: Died, awayMs?: number): number;
  /** The host has answered. */
  calm(): void;
}

export function createPatience(limitMs: number): Patience {
  let since: number | undefined;
  let ends = 0;
  return {
    left({ end }, awayMs) {
      since ??= performance.now();
      if (awayMs !== undefined) return Math.max(0, since + awayMs - performance.now());
      if (end.error === undefined) ends += 1;
      return ends >= ENDS ? 0 : Math.max(0, since + limitMs - performance.now());
    },
    calm() {
      since = undefined;
    },
  };
}
