/** A remote command's streams as a Channel: backpressure, early bytes kept, and one end for all the ways to end. */
import { constants } from 'node:os';
import type { Channel, ChannelEnd } from './channel.ts';
import type { ExecStream } from './ssh-auth.ts';
import type { Wire } from './ssh-client.ts';

/**
 * After the exit status: how long to wait for output that is still on its way. A background process that holds stdout
 * would keep the streams open for as long as it lives.
 */
const GRACE_MS = 150;
const GRACE_MAX_MS = 1000;
/** What close() waits for at each step before it goes on by force. */
const CLOSE_MS = 500;

export function channelOver(stream: ExecStream, wire: Wire, release: () => void): Channel {
  const out = buffered();
  const err = buffered();
  const end = ending();
  let exit: ChannelEnd | undefined;
  let grace: NodeJS.Timeout | undefined;
  let last = Number.POSITIVE_INFINITY;
  const settle = (): void => {
    clearTimeout(grace);
    end.reach(exit ?? { error: 'connection lost' });
  };
  const wait = (): void => {
    clearTimeout(grace);
    grace = setTimeout(settle, Math.max(0, Math.min(GRACE_MS, last - performance.now())));
  };
  const take = (sink: Buffered) => (chunk: Buffer) => {
    sink.push(chunk);
    if (exit) wait();
  };
  stream.on('data', take(out));
  stream.stderr.on('data', take(err));
  stream.on('exit', (code: number | null, signal?: string) => {
    exit = { rc: code ?? 128 + signalNumber(signal) };
    last = performance.now() + GRACE_MAX_MS;
    wait();
  });
  stream.on('close', settle);
  // A broken stream ends with the connection, which says more.
  stream.on('error', () => undefined);
  stream.stderr.on('error', () => undefined);
  wire.onGone((why) => {
    release();
    clearTimeout(grace);
    end.reach(exit ?? { error: why ?? 'connection lost' });
  });
  return {
    write: (data) => write(stream, data, end),
    onOut: out.listen,
    onErr: err.listen,
    onEnd: end.listen,
    close: (quiet = false) => close(stream, wire, end, settle, quiet),
  };
}

function signalNumber(signal: string | undefined): number {
  return signal === undefined ? 0 : (constants.signals[signal as NodeJS.Signals] ?? 0);
}

interface Buffered {
  push(chunk: Buffer): void;
  listen(listener: (chunk: Buffer) => void): void;
}

/** Keeps what comes before there is a listener. */
function buffered(): Buffered {
  const early: Buffer[] = [];
  let to: ((chunk: Buffer) => void) | undefined;
  return {
    push: (chunk) => (to ? to(chunk) : void early.push(chunk)),
    listen(listener) {
      to = listener;
      for (const chunk of early.splice(0)) listener(chunk);
    },
  };
}

interface Ending {
  reach(end: ChannelEnd): void;
  listen(listener: (end: ChannelEnd) => void): void;
}

function ending(): Ending {
  const listeners: ((end: ChannelEnd) => void)[] = [];
  let ended: ChannelEnd | undefined;
  return {
    reach(end) {
      if (ended) return;
      ended = end;
      for (const listener of listeners.splice(0)) listener(end);
    },
    listen: (listener) => (ended ? listener(ended) : void listeners.push(listener)),
  };
}

/** The end counts as taken too: ssh2 never calls back for bytes that a closed channel did not send. */
function write(stream: ExecStream, data: Buffer, end: Ending): Promise<void> {
  return new Promise((resolve) => {
    if (!stream.writable) return resolve();
    if (stream.write(data)) return resolve();
    stream.once('drain', resolve);
    end.listen(() => resolve());
  });
}

async function close(
  stream: ExecStream,
  wire: Wire,
  end: Ending,
  settle: () => void,
  quiet: boolean,
): Promise<void> {
  const ended = new Promise<void>((resolve) => end.listen(() => resolve()));
  const gone = new Promise<void>((resolve) => wire.onGone(() => resolve()));
  stream.end();
  if (!quiet) await within(CLOSE_MS, ended);
  settle();
  wire.end();
  // The goodbye is on its way; one who does not hear it is hung up on.
  const late = setTimeout(() => wire.destroy(), CLOSE_MS);
  gone.then(() => clearTimeout(late)).catch(() => undefined);
}

/** True when the promise settled in time. */
async function within(ms: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}
