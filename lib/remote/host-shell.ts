/** The shell on a host: opened when it is used, greeted once, opened again after a cut. */
import { RunError } from '../base/error.ts';
import { type Sh, sh } from '../base/sh.ts';
import { explainSilentDeath } from './become.ts';
import type { Hello, Target } from './contract.ts';
import { startHeart, watchText } from './heartbeat.ts';
import { helloText, parseHello, preambleText } from './hello.ts';
import type { HostLock } from './host-lock.ts';
import { jobMark, sweepText } from './kill-text.ts';
import type { ReadOptions } from './read.ts';
import { farewellText } from './read-text.ts';
import { connectAgain, connectLink, type Opener } from './session-link.ts';
import { Died, type Supervisor } from './supervisor.ts';

/** How long a host waits for a sign of life from us, where nobody says otherwise. */
const HEARTBEAT_MS = 10_000;

export class HostShell {
  readonly #open: Opener;
  readonly #target: Target;
  readonly #lock: HostLock;
  #link: Supervisor | undefined;
  #greeted = false;
  /** Nonce of the shell that was cut off. */
  #cut: string | undefined;
  #roundTrips = 0;
  #hello: Hello | undefined;
  #helloError: RunError | undefined;

  constructor(open: Opener, target: Target, lock: HostLock) {
    this.#open = open;
    this.#target = target;
    this.#lock = lock;
  }

  get roundTrips(): number {
    return this.#roundTrips;
  }

  get hello(): Hello | undefined {
    return this.#hello;
  }

  async connect(signal?: AbortSignal, fresh?: true): Promise<Supervisor> {
    const trip = () => {
      this.#roundTrips += 1;
    };
    const link = await connectLink(this.#open, this.#target, trip, signal, fresh);
    link.listen(0, {
      frame: (frame) => {
        if (frame.letter === 'H') this.#takeHello(frame.value);
      },
    });
    this.#link = link;
    this.#greeted = false;
    return link;
  }

  /** One use of the shell; on a fresh one, setting up its world and the hello travel with the first job. */
  async ask<T>(use: (link: Supervisor, options: ReadOptions) => Promise<T>, signal: AbortSignal): Promise<T> {
    const link = this.#link && !this.#link.died ? this.#link : await this.connect(signal);
    let sent = false;
    const fresh = !this.#greeted;
    const heartbeatMs = this.#target.heartbeatMs ?? HEARTBEAT_MS;
    const options: ReadOptions = {
      trip: () => {
        if (fresh && !sent) startHeart(link, heartbeatMs);
        sent = true;
        this.#roundTrips += 1;
      },
      signal,
      watch: sh`${watchText(link.nonce, heartbeatMs)}; tb_watch`,
      ...(fresh ? { before: this.#before(), first: helloText(link.nonce) } : {}),
    };
    try {
      const result = await use(link, options);
      if (this.#helloError) throw this.#helloError;
      if (sent) this.#greeted = true;
      return result;
    } catch (error) {
      if (this.#helloError) throw this.#helloError;
      if (error instanceof Died && this.#neverStarted(error)) throw explainSilentDeath(this.#target, error);
      throw error;
    }
  }

  /** Its world; and what the shell before it may still have looking, as it may not know yet that it was cut off. */
  #before(): readonly Sh[] {
    const beat = this.#lock.beat();
    const old = this.#cut;
    const orphans = old && sweepText(sh`TERM`, sh`TB_READ=${jobMark({ nonce: old })}`);
    return [
      preambleText(),
      farewellText(),
      ...(beat ? [beat] : []),
      ...(orphans ? [sh`( ${orphans} ) </dev/null >/dev/null 2>&1 &`] : []),
    ];
  }

  /** A shell that could not even start will not start the next time either. */
  #neverStarted({ end }: Died): boolean {
    return !this.#hello && (end.failure !== undefined || end.error === undefined);
  }

  /** Said without waiting for an answer; nothing where the shell is gone. */
  tell(...text: Parameters<Supervisor['tell']>): void {
    this.#link?.tell(...text);
  }

  /** Goes on over a new connection, made for nothing else. The old one stays where there is no new one. */
  async renew(signal: AbortSignal): Promise<void> {
    const old = this.#link;
    await this.connect(signal, true);
    old?.close().catch(() => undefined);
  }

  /** Connects again after a cut, with growing pauses; false when the host stayed away for `limitMs`. */
  async again(died: Died, limitMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#neverStarted(died)) throw explainSilentDeath(this.#target, died);
    this.#cut = this.#link?.nonce;
    await this.#link?.close().catch(() => undefined);
    return connectAgain(() => this.connect(signal), limitMs, signal);
  }

  /** What is told of a connection that is gone for good; `when` goes on after "the connection was lost". */
  lost(died: Died, when: string): RunError {
    if (!this.#hello) return explainSilentDeath(this.#target, died);
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

  async close(): Promise<void> {
    await this.#link?.close();
  }

  #takeHello(value: string): void {
    try {
      const { hello, lock } = parseHello(value, this.#target);
      this.#hello = hello;
      this.#lock.see(lock);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      this.#helloError = error;
    }
  }
}
