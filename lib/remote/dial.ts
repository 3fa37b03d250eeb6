/** TCP connections to SSH servers, without Nagle's delay. */
import { connect, type Socket } from 'node:net';

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
