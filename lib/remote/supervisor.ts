/** The near end of the one shell on a host: sends it text, sorts what comes back by job, notices when it is gone. */
import type { Sh } from '../base/sh.ts';
import type { Channel, ChannelEnd } from './channel.ts';
import { createFrameReader, type Frame, newNonce, printFrame } from './frame.ts';
import { type Ended, killText } from './kill-text.ts';

export type Stream = 'out' | 'err';

export interface JobListener {
  frame(frame: Frame, stream: Stream): void;
  /** Output between the B and E frames of `tag`. */
  data?(tag: string, stream: Stream, chunk: Buffer): void;
}

/** The shell or the way to it is gone. What that means depends on what was going on: callers turn it into a RunError. */
export class Died extends Error {
  readonly end: ChannelEnd;
  /** The last of what came outside all frames: messages of login shells, sudo and sh. */
  readonly noise: string;
  constructor(end: ChannelEnd, noise: string) {
    super(end.error ?? `the shell ended with status ${end.rc ?? 'unknown'}`);
    this.end = end;
    this.noise = noise;
  }
}

const NOISE_KEPT = 4096;
/** Silence is counted in this many ticks; from the first silent tick on, the host is asked for a sign of life. */
const TICKS = 4;

export class Supervisor {
  readonly nonce: string = newNonce();
  readonly #channel: Channel;
  #silenceMs: number;
  readonly #listeners = new Map<number, JobListener>();
  readonly #mourners = new Set<(died: Died) => void>();
  readonly #noiseListeners = new Set<(stream: Stream, text: string) => void>();
  #jobs = 0;
  #closed = false;
  #noise = '';
  #died: Died | undefined;
  #waiting = 0;
  #heard = false;
  /** Something was sent whose effect nobody has waited for: the shell has to come to its own end. */
  #owing = false;
  #ticker: NodeJS.Timeout | undefined;

  constructor(channel: Channel, silenceMs: number) {
    this.#channel = channel;
    this.#silenceMs = silenceMs;
    channel.onOut(this.#reader('out'));
    channel.onErr(this.#reader('err'));
    channel.onEnd((end) => this.#die(end));
  }

  get died(): Died | undefined {
    return this.#died;
  }

  /** Nobody will hear it any more. */
  get ended(): boolean {
    return this.#closed || this.#died !== undefined;
  }

  /** A number for a job that is about to be sent. */
  allot(): number {
    this.#jobs += 1;
    return this.#jobs;
  }

  listen(job: number, listener: JobListener): void {
    this.#listeners.set(job, listener);
  }

  forget(job: number): void {
    this.#listeners.delete(job);
  }

  /** What comes outside all frames; for prompts. */
  onNoise(listener: (stream: Stream, text: string) => void): () => void {
    this.#noiseListeners.add(listener);
    return () => this.#noiseListeners.delete(listener);
  }

  /** Resolves when the wire has taken it; a dead wire shows in `during`. */
  async send(text: Sh | Buffer): Promise<void> {
    if (this.#died) return;
    await this.#channel.write(
      Buffer.isBuffer(text) ? text : Buffer.concat([Buffer.from(text.text, 'latin1'), NEWLINE]),
    );
    this.#heard = true;
  }

  /** From now on silence of this length is the end, where it would have been longer. */
  hasten(silenceMs: number): void {
    this.#silenceMs = Math.min(this.#silenceMs, silenceMs);
  }

  /** Text that nobody waits for. */
  tell(text: Sh): void {
    this.#owing = true;
    this.beat(text);
  }

  /** Ends a process group, and what has left it. The supervisor runs nothing in the foreground, so it hears this at once. */
  kill(ended: Ended): void {
    this.tell(killText(ended));
  }

  /** A sign of life: no answer is owed, and a wire that takes it is none that lives for that. */
  beat(text: Sh): void {
    if (this.#died) return;
    this.#channel.write(Buffer.from(`${text.text}\n`, 'latin1')).catch(() => undefined);
  }

  /** Waits for `work`, but no longer than the host lives: rejects with Died when it ends or falls silent. */
  async during<T>(work: Promise<T>, ping = true): Promise<T> {
    if (this.#died) throw this.#died;
    let mourn: (died: Died) => void = () => undefined;
    const death = new Promise<never>((_, reject) => {
      mourn = reject;
      this.#mourners.add(mourn);
    });
    this.#waiting += 1;
    if (this.#waiting === 1) this.#watchSilence(ping);
    try {
      return await Promise.race([work, death]);
    } finally {
      this.#mourners.delete(mourn);
      this.#waiting -= 1;
      if (this.#waiting === 0) clearInterval(this.#ticker);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#ticker);
    await this.#channel.close(!this.#owing);
  }

  /**
   * Counts ticks without a byte rather than time: when this process itself was busy, bytes that wait in the socket
   * are read before the next tick, and a live host is not taken for a dead one.
   */
  #watchSilence(ping: boolean): void {
    let silent = 0;
    this.#heard = true;
    this.#ticker = setInterval(() => {
      silent = this.#heard ? 0 : silent + 1;
      this.#heard = false;
      if (silent >= TICKS) {
        this.#die({ error: `nothing was heard for ${this.#silenceMs} ms` });
        this.#channel.close().catch(() => undefined);
      } else if (ping && silent > 0) {
        // Not through send(): a wire that takes bytes is no sign of life.
        this.beat(printFrame({ nonce: this.nonce, job: 0 }, 'P'));
      }
    }, this.#silenceMs / TICKS);
  }

  #reader(stream: Stream): (chunk: Buffer) => void {
    // The part whose output this stream carries now.
    let open: { readonly job: number; readonly tag: string } | undefined;
    const read = createFrameReader(this.nonce, {
      data: (chunk) => {
        if (open) this.#listeners.get(open.job)?.data?.(open.tag, stream, chunk);
        else this.#keepNoise(stream, chunk);
      },
      frame: (frame) => {
        if (frame.letter === 'B') open = frame;
        if (frame.letter === 'E' && open?.job === frame.job) open = undefined;
        this.#listeners.get(frame.job)?.frame(frame, stream);
      },
    });
    return (chunk) => {
      this.#heard = true;
      read(chunk);
    };
  }

  #keepNoise(stream: Stream, chunk: Buffer): void {
    const text = chunk.subarray(-NOISE_KEPT).toString('utf8');
    this.#noise = (this.#noise + text).slice(-NOISE_KEPT);
    for (const listener of this.#noiseListeners) listener(stream, text);
  }

  #die(end: ChannelEnd): void {
    if (this.#died) return;
    this.#died = new Died(end, this.#noise.trim());
    clearInterval(this.#ticker);
    for (const mourn of this.#mourners) mourn(this.#died);
  }
}

const NEWLINE = Buffer.from('\n');
