/** A session on a host: one shell there, kept through everything that is read and written, made again after a cut. */
import { RunError } from '../base/error.ts';
import { allDone, applyResult, cleanText, fetchMissing, sendApply } from './apply.ts';
import { createProgress, type Progress, runningChange } from './apply-progress.ts';
import { recoverApply } from './apply-recover.ts';
import { explainSilentDeath } from './become.ts';
import type { OpenChannel } from './channel.ts';
import type {
  ApplyJob,
  ApplyResult,
  ApplyWatch,
  Hello,
  OpenSession,
  Part,
  PartResult,
  Session,
  Target,
} from './contract.ts';
import { helloText, parseHello, preambleText } from './hello.ts';
import { checkTags, type ReadOptions, readParts } from './read.ts';
import { connectAgain, connectLink, type Opener } from './session-link.ts';
import { Died, type Supervisor } from './supervisor.ts';

export type { Opener };

export interface SessionOptions {
  /** How long a cut connection is tried again in the middle of an apply, in milliseconds. */
  readonly reconnectMs?: number;
}

/** How often a job that never began, or a read after a cut, is sent again over a new connection. */
const ATTEMPTS = 3;

/** Picks the carrier and opens a session. Throws RunError `unreachable`, or `failed` for a wrong password. */
export const openSession: OpenSession = async (target, signal) => {
  const open = await carrierOf(target);
  return createSession((command, abort) => open(target, command, abort), target, {}, signal);
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
  const session = new ShellSession(open, target, options);
  await session.connect(signal);
  return session;
}

class ShellSession implements Session {
  readonly #open: Opener;
  readonly #target: Target;
  readonly #reconnectMs: number;
  #link: Supervisor | undefined;
  #greeted = false;
  #roundTrips = 0;
  #hello: Hello | undefined;
  #helloError: RunError | undefined;
  #busy = false;
  #ending: AbortController = new AbortController();
  #work: Promise<unknown> = Promise.resolve();

  constructor(open: Opener, target: Target, options: SessionOptions) {
    this.#open = open;
    this.#target = target;
    this.#reconnectMs = options.reconnectMs ?? 60_000;
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  get hello(): Hello | undefined {
    return this.#hello;
  }

  async connect(signal?: AbortSignal): Promise<Supervisor> {
    const trip = () => {
      this.#roundTrips += 1;
    };
    const link = await connectLink(this.#open, this.#target, trip, signal);
    link.listen(0, {
      frame: (frame) => {
        if (frame.letter === 'H') this.#takeHello(frame.value);
      },
    });
    this.#link = link;
    this.#greeted = false;
    return link;
  }

  async read(parts: readonly Part[], signal?: AbortSignal): Promise<readonly PartResult[]> {
    checkTags(parts);
    return this.#alone(signal, async (abort) => {
      try {
        return await this.#ask((link, options) => readParts(link, parts, options), abort);
      } catch (error) {
        throw error instanceof Died ? this.#lost(error, 'while it was read; nothing was changed') : error;
      }
    });
  }

  async apply(job: ApplyJob, watch: ApplyWatch, signal?: AbortSignal): Promise<ApplyResult> {
    checkTags(job.verify);
    for (const change of job.changes) checkTags(change.then ?? []);
    return this.#alone(signal, (abort) => this.#apply(createProgress(job, watch), abort));
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#work.catch(() => undefined);
    await this.#link?.close();
  }

  async #apply(progress: Progress, signal: AbortSignal): Promise<ApplyResult> {
    const attempt = await this.#carryOut(progress, signal);
    const fetchOnce = () =>
      this.#ask((link, options) => fetchMissing(link, progress, attempt, options), signal);
    for (let tries = 1; ; tries += 1) {
      try {
        await fetchOnce();
        break;
      } catch (error) {
        if (!(error instanceof Died) || tries >= ATTEMPTS) throw this.#explain(error, progress);
        await this.#reconnect(error, progress, signal);
      }
    }
    const result = applyResult(progress);
    if (allDone(result)) this.#link?.tell(cleanText(progress, attempt));
    return result;
  }

  /** Sends the script, through cuts; gives the attempt whose folder holds the journal. */
  async #carryOut(progress: Progress, signal: AbortSignal): Promise<number> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#ask((link, options) => sendApply(link, progress, attempt, options), signal);
        return attempt;
      } catch (error) {
        if (!(error instanceof Died)) throw error;
        if ((await this.#recover(error, progress, attempt, signal)) === 'ended') return attempt;
        if (attempt + 1 >= ATTEMPTS) throw this.#lost(error, 'again and again before anything was written');
      }
    }
  }

  async #recover(died: Died, progress: Progress, attempt: number, signal: AbortSignal) {
    let cut = died;
    for (let tries = 1; ; tries += 1) {
      await this.#reconnect(cut, progress, signal);
      try {
        return await this.#ask((link, options) => recoverApply(link, progress, attempt, options), signal);
      } catch (error) {
        if (!(error instanceof Died) || tries >= ATTEMPTS) throw this.#explain(error, progress);
        cut = error;
      }
    }
  }

  /** Connects again, with growing pauses. What was in progress on the host goes on there meanwhile. */
  async #reconnect(died: Died, progress: Progress, signal: AbortSignal): Promise<void> {
    // A shell that could not even start will not start the next time either.
    if (!this.#hello) throw explainSilentDeath(this.#target, died);
    await this.#link?.close().catch(() => undefined);
    const back = await connectAgain(() => this.connect(signal), this.#reconnectMs, signal);
    if (!back) throw this.#explain(died, progress);
  }

  /** One use of the shell; on a fresh one, setting up its world and the hello travel with the first job. */
  async #ask<T>(
    use: (link: Supervisor, options: ReadOptions) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const link = this.#link && !this.#link.died ? this.#link : await this.connect(signal);
    let sent = false;
    const fresh = !this.#greeted;
    const options: ReadOptions = {
      trip: () => {
        sent = true;
        this.#roundTrips += 1;
      },
      signal,
      ...(fresh ? { before: [preambleText()], first: helloText(link.nonce) } : {}),
    };
    try {
      const result = await use(link, options);
      if (this.#helloError) throw this.#helloError;
      if (sent) this.#greeted = true;
      return result;
    } catch (error) {
      if (this.#helloError) throw this.#helloError;
      if (error instanceof Died && !this.#hello) throw explainSilentDeath(this.#target, error);
      throw error;
    }
  }

  #takeHello(value: string): void {
    try {
      this.#hello = parseHello(value, this.#target);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      this.#helloError = error;
    }
  }

  async #alone<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#busy)
      throw new RunError('internal', `two calls at once on the session of ${this.#target.name}`);
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

  #explain(error: unknown, progress: Progress): unknown {
    if (!(error instanceof Died)) return error;
    const all = progress.job.changes;
    const running = runningChange(progress);
    const at = running ? all.indexOf(running) + 1 : progress.results.size;
    const where = running ? `during change ${at} of ${all.length}` : `after change ${at} of ${all.length}`;
    return this.#lost(error, `${where}, and could not be made again; what had begun goes on there`);
  }

  #lost(died: Died, when: string): RunError {
    return new RunError(
      'unreachable',
      `${this.#target.name}: the connection was lost ${when} (${died.message})`,
      {
        hint: 'check the host and the network, then run it again: it goes on from what it finds',
        output: died.noise,
        cause: died,
      },
    );
  }
}
