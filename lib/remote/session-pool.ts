/** Sessions that outlive the run which opened them: the next one on the same host goes on with it. */
import type { OpenSession, Session, Target } from './contract.ts';

export interface SessionPool {
  readonly open: OpenSession;
  /** From now on a session ends with its run. */
  last(): void;
  /** Ends those that nobody took up again. */
  close(): Promise<void>;
}

export function createSessionPool(open: OpenSession): SessionPool {
  const idle = new Map<string, Session>();
  let last = false;
  return {
    async open(target, signal) {
      const name = nameOf(target);
      const known = idle.get(name);
      idle.delete(name);
      return borrowed(known ?? (await open(target, signal)), (session) => {
        if (last) return session.close();
        idle.set(name, session);
        return Promise.resolve();
      });
    },
    last() {
      last = true;
    },
    async close() {
      const rest = [...idle.values()];
      idle.clear();
      await Promise.all(rest.map((session) => session.close().catch(() => undefined)));
    },
  };
}

/** The account is part of it: a shell cannot become another one. */
function nameOf({ name, user, become }: Target): string {
  return JSON.stringify([name, user ?? '', become?.user ?? '', become?.method ?? '']);
}

/** `release` takes it back, unless it broke. */
function borrowed(session: Session, release: (session: Session) => Promise<void>): Session {
  const before = session.roundTrips;
  let broken = false;
  return {
    get roundTrips() {
      return session.roundTrips - before;
    },
    get hello() {
      return session.hello;
    },
    async read(parts, signal) {
      try {
        return await session.read(parts, signal);
      } catch (error) {
        broken = true;
        throw error;
      }
    },
    apply: (job, watch, signal) => session.apply(job, watch, signal),
    decide: (job, want, signal) => session.decide(job, want, signal),
    awaitLock: (limitMs, signal) => session.awaitLock(limitMs, signal),
    tell: (...told) => session.tell(...told),
    close: () => (broken ? session.close() : release(session)),
  };
}
