/** Frames: marked lines that tell whose output comes next on a stream, and the reader that takes them out again. */
import { randomBytes } from 'node:crypto';
import { join, type Sh, sh } from '../base/sh.ts';

/** One marked line: newline, nonce, job, tag, letter, value, newline. The leading newline belongs to the frame. */
export interface Frame {
  /** Number of the job; 0 speaks of the session itself. */
  readonly job: number;
  /** Which part or change of the job; empty for the job as a whole. */
  readonly tag: string;
  /** B begins, E ends (value: status), J names the process group; the others are explained where they are made. */
  readonly letter: string;
  readonly value: string;
}

export interface FrameSink {
  /** Bytes that are no frame, as soon as they cannot be the beginning of one. */
  data(chunk: Buffer): void;
  frame(frame: Frame): void;
}

/** 128 random bits in hex. They appear in no variable, argument or environment on the host. */
export function newNonce(): string {
  return randomBytes(16).toString('hex');
}

const SHAPE = /^(\d+):([^:]*):([A-Z]):(.*)$/s;

/** Feeds one stream's chunks in; holds back at most what may still turn out to be a frame. */
export function createFrameReader(nonce: string, sink: FrameSink): (chunk: Buffer) => void {
  const mark = Buffer.from(`\n${nonce}:`, 'latin1');
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    let from = 0;
    for (;;) {
      const at = bytes.indexOf(mark, from);
      const until = at < 0 ? bytes.length - partial(bytes, from, mark) : at;
      if (until > from) sink.data(bytes.subarray(from, until));
      const end = at < 0 ? -1 : bytes.indexOf(10, at + mark.length);
      if (end < 0) {
        held = bytes.subarray(until);
        return;
      }
      const match = SHAPE.exec(bytes.toString('latin1', at + mark.length, end));
      if (match) {
        const [, job, tag = '', letter = '', value = ''] = match;
        sink.frame({ job: Number(job), tag, letter, value });
      }
      from = end + 1;
    }
  };
}

/** How many of the last bytes may be the beginning of a mark. */
function partial(bytes: Buffer, from: number, mark: Buffer): number {
  const start = Math.max(from, bytes.length - mark.length + 1);
  // The mark has one newline, its first byte: only the last newline can begin one.
  const newline = bytes.lastIndexOf(10);
  if (newline < start) return 0;
  const tail = bytes.subarray(newline);
  return mark.subarray(0, tail.length).equals(tail) ? tail.length : 0;
}

/** Everything of a frame before its value. */
export interface FrameName {
  readonly nonce: string;
  readonly job: number;
  readonly tag?: string;
}

/** Statement that prints a frame on stdout, its value being one shell word. `printf` is a builtin: no `ps` shows it. */
export function printFrame(name: FrameName, letter: string, value: Sh = sh`''`): Sh {
  return sh`printf '\\n%s%s\\n' ${`${name.nonce}:${name.job}:${name.tag ?? ''}:${letter}:`} ${value}`;
}

/** The same on both streams: between them there is no order, so each must say for itself where things end. */
export function printFrames(name: FrameName, letter: string, value?: Sh, err: Sh = sh`2`): Sh {
  const print = printFrame(name, letter, value);
  return sh`${print}; ${print} >&${err}`;
}

/**
 * A command whose stdin is `body`, as it stands. The delimiter holds the nonce, so no line of the body can be it; it
 * is quoted, so nothing in the body is expanded.
 */
export function hereDoc(command: Sh, delimiter: string, body: Sh, then: Sh = sh``): Sh {
  return join([sh`${command} <<\\${delimiter}${then}`, body, sh`${delimiter}`]);
}
