/** Wakes hosts at a time of theirs, which holds no place in the queue meanwhile; an interrupt wakes all at once. */

export interface Alarms<T> {
  /** `at`: in milliseconds of the monotonic clock. A second one for the same sleeper takes the place of the first. */
  set(sleeper: T, at: number): void;
  /** Nothing is to wake it any more. */
  clear(sleeper: T): void;
  /** Resolves with the next alarm; at once with false when none is set. */
  next(): Promise<boolean>;
}

export function createAlarms<T>(halt: AbortSignal, ring: (sleeper: T) => void): Alarms<T> {
  const set = new Map<T, NodeJS.Timeout>();
  let listeners: (() => void)[] = [];
  const clear = (sleeper: T): void => {
    clearTimeout(set.get(sleeper));
    set.delete(sleeper);
    for (const tell of listeners) tell();
    listeners = [];
  };
  const fire = (sleeper: T): void => {
    ring(sleeper);
    clear(sleeper);
  };
  halt.addEventListener('abort', () => {
    for (const sleeper of [...set.keys()]) fire(sleeper);
  });
  return {
    set(sleeper, at) {
      clearTimeout(set.get(sleeper));
      const wait = halt.aborted ? 0 : Math.max(0, at - performance.now());
      set.set(
        sleeper,
        setTimeout(() => fire(sleeper), wait),
      );
    },
    clear,
    next() {
      if (set.size === 0) return Promise.resolve(false);
      return new Promise((resolve) => {
        listeners.push(() => resolve(true));
      });
    },
  };
}
