/** Sessions that come to a sudden end at a change: its script on the host is killed, and then this process. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Sh, sh } from '../../base/sh.ts';
import type {
  ApplyChange,
  ApplyJob,
  ApplyResult,
  ApplyWatch,
  OpenSession,
  Session,
} from '../../remote/contract.ts';
import { evalText } from '../../remote/read-text.ts';

/** Where in a change: before it does anything, in the middle, or when all is done and nobody has noted it. */
export const POINTS = ['began', 'middle', 'ended'] as const;

export type Point = (typeof POINTS)[number];

export function isPoint(word: string): word is Point {
  return POINTS.some((point) => point === word);
}

export interface Cut {
  /** Counted from 1 on each host: every host that comes to this change is cut there. */
  readonly change: number;
  readonly point: Point;
  /** Milliseconds from the beginning of the change to its middle, by host. */
  readonly afterMs: Readonly<Record<string, number>>;
}

/** On the host: says that its script is about to be killed. */
export const CUT_MARK = '/var/log/.tightbeam-cut';

/** Numbers of changes that are ours and not the engine's. */
const OURS = 900_000;

/** How long nothing must be under way on any host before hosts that wait for one that was cut are given up. */
const QUIET_MS = 300;

export interface CutWorld {
  readonly cut: Cut | undefined;
  /** The file tree of a host, as this machine sees it. */
  tree(host: string): string | undefined;
  /** A change has ended: the how manieth of its host, and how long it took in milliseconds. */
  note(host: string, change: number, id: number, ms: number): void;
  /** Ends this process on the spot. */
  die(): void;
}

export function cutSessions(open: OpenSession, world: CutWorld): OpenSession {
  const state = { busy: 0, hit: false };
  const during = async <T>(work: () => Promise<T>): Promise<T> => {
    state.busy += 1;
    try {
      return await work();
    } finally {
      state.busy -= 1;
      dieWhenQuiet();
    }
  };
  const dieWhenQuiet = (): void => {
    if (!state.hit || state.busy > 0) return;
    setTimeout(() => {
      if (state.busy === 0) world.die();
    }, QUIET_MS);
  };
  return (target, signal) =>
    during(async () => {
      const session = await open(target, signal);
      const done = { count: 0 };
      return {
        get roundTrips() {
          return session.roundTrips;
        },
        get hello() {
          return session.hello;
        },
        read: (parts, halt) => during(() => session.read(parts, halt)),
        tell: (text) => session.tell(text),
        decide: (...words) => session.decide(...words),
        awaitLock: (...words) => session.awaitLock(...words),
        close: () => session.close(),
        apply: (job, watch, abort) =>
          during(async () => {
            const first = done.count;
            done.count += job.changes.length;
            const result = await applyCut(session, target.name, { job, watch, abort, first }, world);
            if (result !== 'cut') return result;
            state.hit = true;
            // Other hosts may still be at work: this one must see no more of us until they are done.
            if (state.busy > 1) session.close().catch(() => undefined);
            else world.die();
            state.busy -= 1;
            dieWhenQuiet();
            return await new Promise<never>(() => undefined);
          }),
      } satisfies Session;
    });
}

interface Applied {
  readonly job: ApplyJob;
  readonly watch: ApplyWatch;
  readonly abort: AbortSignal | undefined;
  /** Changes of this host before those of the job. */
  readonly first: number;
}

async function applyCut(
  session: Session,
  host: string,
  { job, watch, abort, first }: Applied,
  world: CutWorld,
): Promise<ApplyResult | 'cut'> {
  const { cut } = world;
  const index = cut === undefined ? -1 : cut.change - first - 1;
  const change = job.changes[index];
  const armed = cut && change ? withCut(job, change, cut, cut.afterMs[host] ?? 0) : job;
  const timed = timing(watch, (id, ms) => {
    const at = job.changes.findIndex((each) => each.id === id);
    if (at >= 0) world.note(host, first + at + 1, id, ms);
  });
  const result = session.apply(armed, timed, abort);
  if (armed === job) return await result;
  const over = { done: false };
  const mark = `${world.tree(host) ?? ''}${CUT_MARK}`;
  const cutHere = (async () => {
    while (!over.done && !existsSync(mark)) await sleep(2);
    return 'cut' as const;
  })();
  try {
    const ended = await Promise.race([result, cutHere]);
    return ended === 'cut' ? ended : { ...ended, changes: ended.changes.filter(({ id }) => id < OURS) };
  } finally {
    over.done = true;
    result.catch(() => undefined);
  }
}

/** The job with its end in it. The group of the script is that of all it has started. */
function withCut(job: ApplyJob, change: ApplyChange, { point }: Cut, afterMs: number): ApplyJob {
  const kill = sh`: >${CUT_MARK}; kill -KILL 0`;
  const ours = (run: Sh): ApplyChange => ({ id: OURS + change.id, run, limitMs: 60_000, owes: [], pays: [] });
  // Whom the change is made as may not end the script.
  const { user, ...asRoot } = change;
  const seconds = (afterMs / 1000).toFixed(3);
  const instead: Readonly<Record<Point, readonly ApplyChange[]>> = {
    began: [{ ...asRoot, run: kill }],
    middle: [ours(sh`( sleep ${seconds}; ${kill} ) </dev/null >/dev/null 2>&1 &`), change],
    ended:
      user === undefined
        ? [{ ...change, run: sh`${evalText(change.run)} && { ${kill}; }` }]
        : [change, ours(kill)],
  };
  return { ...job, changes: job.changes.flatMap((each) => (each === change ? instead[point] : [each])) };
}

/** Tells how long each change took, and keeps news of ours to itself. */
function timing(watch: ApplyWatch, took: (id: number, ms: number) => void): ApplyWatch {
  const begun = new Map<number, number>();
  return {
    ...watch,
    begin(id) {
      begun.set(id, performance.now());
      if (id < OURS) watch.begin?.(id);
    },
    end(id, result) {
      const since = begun.get(id);
      if (since !== undefined) took(id, performance.now() - since);
      if (id < OURS) watch.end?.(id, result);
    },
    output(id, chunk) {
      if (id < OURS) watch.output?.(id, chunk);
    },
  };
}
