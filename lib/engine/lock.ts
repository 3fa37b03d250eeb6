/** Locks of a run: of its hosts only so many at a time write steps of one name. Docs: decisions/0015. */

export interface Locks {
  /** True when the host holds it now. Otherwise it stands in line, and is told when its turn has come. */
  take(lock: { readonly name: string; readonly max: number }, host: string): boolean;
  holds(name: string, host: string): boolean;
  /** Names of what a host holds, or stands in line for. */
  namesOf(host: string): readonly string[];
  /** Lets go of it, or of the place in line. */
  release(name: string, host: string): void;
  /** Called when a host that stood in line holds it. */
  onTurn(listener: (name: string, host: string) => void): void;
}

interface Lock {
  readonly max: number;
  readonly holders: Set<string>;
  /** Those who came first, first. */
  readonly line: Set<string>;
}

export function createLocks(): Locks {
  const locks = new Map<string, Lock>();
  const listeners: ((name: string, host: string) => void)[] = [];
  return {
    take({ name, max }, host) {
      const lock = locks.get(name) ?? { max, holders: new Set(), line: new Set() };
      locks.set(name, lock);
      if (lock.holders.has(host)) return true;
      // Nobody stands in line while there is room.
      if (lock.holders.size < lock.max) lock.holders.add(host);
      else lock.line.add(host);
      return lock.holders.has(host);
    },
    holds: (name, host) => locks.get(name)?.holders.has(host) === true,
    namesOf: (host) =>
      [...locks].flatMap(([name, { holders, line }]) => (holders.has(host) || line.has(host) ? [name] : [])),
    release(name, host) {
      const lock = locks.get(name);
      lock?.line.delete(host);
      if (!lock?.holders.delete(host)) return;
      const [next] = lock.line;
      if (next === undefined) return;
      lock.line.delete(next);
      lock.holders.add(next);
      for (const tell of listeners) tell(name, next);
    },
    onTurn: (listener) => {
      listeners.push(listener);
    },
  };
}
