/** TCP connections to SSH servers, without Nagle's delay. */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Hop } from './ssh-route.ts';

/** How the stream to a hop is opened. */
export interface Dial {
  /** Names the way, to tell equal addresses behind different jumps apart; empty for a straight one. */
  readonly via: string;
  /** Logs in to the jumps on the way: not on the hop's own time. Throws RunError where one cannot be had. */
  prepare(signal?: AbortSignal): Promise<void>;
  /** Throws ConnectFailure. */
  open(hop: Hop, timeoutMs: number): Promise<Duplex>;
}

export interface DialAddress {
  readonly host: string;
  readonly port: number;
  readonly family?: 4 | 6;
  readonly bindAddress?: string;
}

/**
 * A socket that is still connecting; its errors are the business of whoever takes it. Without `noDelay` each small
 * write after the first waits some 40 ms for the other side's delayed acknowledgement.
 */
export function dial(address: DialAddress): Socket {
  return connect({
    host: address.host,
    port: address.port,
    noDelay: true,
    ...(address.family === undefined ? {} : { family: address.family }),
    ...(address.bindAddress === undefined ? {} : { localAddress: address.bindAddress }),
    // Node's 250 ms per address gives up on distant hosts that have several.
    autoSelectFamilyAttemptTimeout: 1500,
  });
}
