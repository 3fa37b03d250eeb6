/** A session on a host: one shell there for all that is read and written, one thing at a time. */
import { RunError } from '../base/error.ts';
import type { Sh } from '../base/sh.ts';
import { createProgress } from './apply-progress.ts';
import { applyThrough } from './apply-through.ts';
import type { OpenChannel } from './channel.ts';
import type {
  ApplyJob,
  ApplyResult,
  ApplyWatch,
  Decision,
  Hello,
  OpenSession,
  Part,
  PartResult,
  Session,
  Target,
} from './contract.ts';
import { HostLock } from './host-lock.ts';
import { HostShell } from './host-shell.ts';
import { type LockHolder, parseLockWord } from './lock.ts';
import { awaitText } from './lock-text.ts';
import { checkTags } from './read.ts';
import { readThrough } from './read-through.ts';
import { decideThrough } from './revert.ts';
import type { Opener } from './session-link.ts';

/** What a host may need to take back what was changed, in milliseconds. */
const REVERT_MS = 30_000;

export type { Opener };

export interface SessionOptions {
  /** How long a cut connection is tried again in the middle of an apply, in milliseconds. */
  readonly reconnectMs?: number;
}

/** Picks the carrier and opens a session. Throws RunError `unreachable`, or `failed` for a wrong password. */
export const openSession: OpenSession = async (target, signal) => {
  const open = await carrierOf(target);
  const opener: Opener = (command, abort, fresh) =>
    open(fresh ? { ...target, fresh } : target, command, abort);
  return createSession(opener, target, {}, signal);
};

async function carrierOf(target: Target): Promise<OpenChannel> {
  if (target.connection === 'local') return (await import('./local.ts')).openLocalChannel;
  const transport = target.transport ?? target.ssh?.options.transport;
  if (transport === 'openssh') return (await import('./openssh.ts')).openOpensshChannel;
  return (await import('./ssh.ts')).openSshAhead;
}

/** The same over any way to open a channel. */
export async function createSession(
  open: Opener,
  target: Target,
  options: SessionOptions = {},
  signal?: AbortSignal,
): Promise<Session> {
  const lock = new HostLock();
  const shell = new HostShell(open, target, lock);
  await shell.connect(signal);
  return new ShellSession(shell, lock, target.name, options.reconnectMs ?? target.reconnectMs ?? 60_000);
}

class ShellSession implements Session {
  readonly #shell: HostShell;
  readonly #lock: HostLock;
  readonly #name: string;
  readonly #reconnectMs: number;
  #busy = false;
  /** Of the last job: its folder on the host. */
  #attempt = 0;
  readonly #ending: AbortController = new AbortController();
  #work: Promise<unknown> = Promise.resolve();

  constructor(shell: HostShell, lock: HostLock, name: string, reconnectMs: number) {
    this.#shell = shell;
    this.#lock = lock;
    this.#name = name;
    this.#reconnectMs = reconnectMs;
  }

  get roundTrips(): number {
    return this.#shell.roundTrips;
  }

  get hello(): Hello | undefined {
    return this.#shell.hello;
  }

  async read(parts: readonly Part[], signal?: AbortSignal): Promise<readonly PartResult[]> {
    checkTags(parts);
    return this.#alone(signal, (abort) =>
      readThrough({ shell: this.#shell, reconnectMs: this.#reconnectMs, signal: abort }, parts),
    );
  }

  async apply(job: ApplyJob, watch: ApplyWatch, signal?: AbortSignal): Promise<ApplyResult> {
    checkTags(job.verify);
    for (const change of job.changes) checkTags(change.then ?? []);
    const progress = createProgress(job, watch);
    return this.#alone(signal, async (abort) => {
      // Until the host has taken back what may have cut us off, and a little longer.
      const reconnectMs = Math.max(this.#reconnectMs, job.confirm ? job.confirm.deadlineMs + REVERT_MS : 0);
      const passage = { shell: this.#shell, lock: this.#lock, progress, reconnectMs };
      const result = await applyThrough({ ...passage, signal: abort });
      this.#attempt = result.attempt ?? 0;
      if (result.turnedAway?.why === 'stale') this.#lock.seeAgain(result.turnedAway.number);
      return result;
    });
  }

  async awaitLock(limitMs: number, signal?: AbortSignal): Promise<LockHolder | undefined> {
    const script = awaitText(this.#lock.token, limitMs);
    const [part] = await this.read([{ tag: 'tb.lock', script, limitMs: limitMs + 60_000 }], signal);
    const said = part?.ended === 'done' ? parseLockWord(part.out.toString('latin1').trimEnd()) : undefined;
    if (!said) {
      throw new RunError('failed', `who holds ${this.#name} cannot be read`, {
        hint: 'see whether the state folder on the host can be read, then run it again',
        output: part?.err.toString('utf8') ?? '',
      });
    }
    if (said.word === 'locked') return said.holder;
    this.#lock.seeAgain(said.number);
    return undefined;
  }

  async decide(job: ApplyJob, want: 'confirm' | 'revert', signal?: AbortSignal): Promise<Decision> {
    const attempt = this.#attempt;
    return this.#alone(signal, async (abort) => {
      const decision = await decideThrough({ shell: this.#shell, job, attempt, signal: abort }, want);
      // The host has drawn a number of its own, and is read again after that.
      if (decision.kind === 'reverted' && decision.number !== undefined) this.#lock.seeAgain(decision.number);
      return decision;
    });
  }

  tell(text: Sh): void {
    this.#shell.tell(text);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#work.catch(() => undefined);
    this.#lock.free((text) => this.#shell.tell(text));
    await this.#shell.close();
  }

  async #alone<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#busy) throw new RunError('internal', `two calls at once on the session of ${this.#name}`);
    this.#busy = true;
    const both = signal ? AbortSignal.any([signal, this.#ending.signal]) : this.#ending.signal;
    try {
      const running = work(both);
      this.#work = running;
      return await running;
    } finally {
      this.#busy = false;
    }
  }
}
