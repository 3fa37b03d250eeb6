/** A session's hold on its host: what it knows of who wrote last, and the sign of life that keeps the lock. */
import { randomBytes } from 'node:crypto';
import type { Sh } from '../base/sh.ts';
import type { LockClaim } from './lock.ts';
import { LEASE_SECONDS } from './lock.ts';
import { beatText, type Draw, freeText } from './lock-text.ts';

const BEAT_MS = (LEASE_SECONDS * 1000) / 3;

export class HostLock {
  readonly token: string = randomBytes(8).toString('hex');
  #seen: number | undefined;
  #held: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** What the first look at the host found. Later ones are looks at the lock alone. */
  see(number: number): void {
    this.#seen ??= number;
  }

  /** All that was known of the host before counts for nothing: it is read again from here on. */
  seeAgain(number: number): void {
    this.#seen = number;
  }

  draw(claim: LockClaim, run: string): Draw {
    return { claim, run, token: this.token, seen: this.#seen, top: this.#held ?? this.#seen };
  }

  /** A script has drawn this number. `tell` reaches the shell that supervises, whichever it is by then. */
  hold(number: number, tell: (text: Sh) => void): void {
    this.#held = number;
    this.#timer ??= setInterval(() => {
      if (this.#held !== undefined) tell(beatText(this.#held));
    }, BEAT_MS).unref();
  }

  /** For a shell that takes over after a cut: the one before it counts for nothing. */
  beat(): Sh | undefined {
    return this.#held === undefined ? undefined : beatText(this.#held);
  }

  free(tell: (text: Sh) => void): void {
    clearInterval(this.#timer);
    if (this.#held !== undefined) tell(freeText(this.#held));
    this.#held = undefined;
  }
}
