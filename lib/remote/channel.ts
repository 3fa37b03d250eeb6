/** A shell at the far end of some wire: bytes in, two streams of bytes out. What sessions are built on. */
import type { RunError } from '../base/error.ts';
import type { Sh } from '../base/sh.ts';
import type { Target } from './contract.ts';

export interface ChannelEnd {
  /** Exit status of the remote command, where one came. */
  readonly rc?: number;
  /** What cut the connection, for people; undefined after an orderly end. */
  readonly error?: string;
  /** There was no login after all: the error that says why. */
  readonly failure?: RunError;
}

export interface Channel {
  /** Resolves when the wire has taken the bytes (backpressure); rejects never: a dead wire shows in `onEnd`. */
  write(data: Buffer): Promise<void>;
  onOut(listener: (chunk: Buffer) => void): void;
  onErr(listener: (chunk: Buffer) => void): void;
  /** Called once; also when it had ended before the listener came. */
  onEnd(listener: (end: ChannelEnd) => void): void;
  /**
   * Ends stdin, then the connection. `quiet`: nothing of what was written is still waited for, so the far end is told
   * and not listened to.
   */
  close(quiet?: boolean): Promise<void>;
}

/** Opens a connection and starts `command` on it without a terminal; throws RunError `unreachable`. */
export type OpenChannel = (target: Target, command: Sh, signal?: AbortSignal) => Promise<Channel>;
