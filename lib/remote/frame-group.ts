/** The process group of a job on the host: who it is, and how it is ended in an orderly way. */
import type { Frame } from './frame.ts';
import type { Stream, Supervisor } from './supervisor.ts';

/** From TERM to KILL, and from KILL to giving up (a process in uninterruptible sleep never goes). */
const KILL_AFTER_MS = 1000;
const GIVE_UP_AFTER_MS = 3000;

export interface Group {
  /** To be shown every frame of the job. */
  frame(frame: Frame, stream: Stream): void;
  /** Asks it to end, then makes it. `over` tells when it has. */
  end(): void;
  /** Kills what is left of the group; for after its end, when a child that ignores TERM may live on. */
  sweep(): void;
  /** Resolves with the job's status when both streams say that it has ended, with undefined when nothing can end it. */
  readonly over: Promise<number | undefined>;
  stop(): void;
}

export interface GroupOptions {
  /** Accounts other than the session's own that its processes may run as. */
  readonly users: readonly string[];
  /** What its processes have in their environment. */
  mark(): string | undefined;
}

export function createGroup(link: Supervisor, { users, mark }: GroupOptions): Group {
  const ended = new Set<Stream>();
  const timers: NodeJS.Timeout[] = [];
  let pid: number | undefined;
  let asked = false;
  let rest: { readonly users?: readonly string[]; readonly mark?: string | undefined } = {};
  let resolve: (rc: number | undefined) => void = () => undefined;
  const over = new Promise<number | undefined>((done) => {
    resolve = done;
  });
  const terminate = () => {
    if (pid === undefined) return;
    const all = { group: pid, users, mark: mark() };
    link.kill({ ...all, signal: 'TERM' });
    timers.push(setTimeout(() => link.kill({ ...all, signal: 'KILL' }), KILL_AFTER_MS));
    rest = all;
  };
  const sweep = () => {
    if (pid !== undefined) link.kill({ group: pid, signal: 'KILL', ...(asked ? rest : {}) });
  };
  return {
    frame({ tag, letter, value }, stream) {
      if (tag !== '') return;
      if (letter === 'J' && pid === undefined) {
        pid = Number(value);
        if (asked) terminate();
      }
      if (letter !== 'E') return;
      ended.add(stream);
      if (ended.size < 2) return;
      // Its children may have outlived TERM: the job is over only when nothing of it can write any more.
      if (asked) sweep();
      resolve(Number(value));
    },
    end() {
      if (asked) return;
      asked = true;
      timers.push(setTimeout(() => resolve(undefined), GIVE_UP_AFTER_MS));
      terminate();
    },
    sweep,
    over,
    stop: () => timers.forEach(clearTimeout),
  };
}
