/** Sessions that stay open from one look at a host to the next: each host is logged in to once. */
import type { OpenSession, Session, Target } from '../../remote/contract.ts';

export interface KeptSessions {
  readonly open: OpenSession;
  close(): Promise<void>;
}

/** `most`: how many are kept while nobody uses them. */
export function keepSessions(open: OpenSession, most: number): KeptSessions {
  const idle = new Map<string, Session>();
  return {
    async open(target, signal) {
      const name = nameOf(target);
      const known = idle.get(name);
      idle.delete(name);
      const session = known ?? (await open(target, signal));
      return lent(session, async () => {
        if (idle.size < most && !idle.has(name)) idle.set(name, session);
        else await session.close();
      });
    },
    async close() {
      await Promise.all([...idle.values()].map((session) => session.close().catch(() => undefined)));
      idle.clear();
    },
  };
}

/** Whose shell it is. Where a session's connection has died, the session makes another by itself. */
function nameOf({ name, address, port, user, become }: Target): string {
  return JSON.stringify([name, address, port, user, become?.user, become?.method]);
}

/** Counts round trips from here on. */
function lent(session: Session, giveBack: () => Promise<void>): Session {
  const before = session.roundTrips;
  return {
    get roundTrips() {
      return session.roundTrips - before;
    },
    get hello() {
      return session.hello;
    },
    read: (parts, signal) => session.read(parts, signal),
    apply: (job, watch, signal) => session.apply(job, watch, signal),
    decide: (job, want, signal) => session.decide(job, want, signal),
    awaitLock: (limitMs, signal) => session.awaitLock(limitMs, signal),
    tell: (text) => session.tell(text),
    close: giveBack,
  };
}
