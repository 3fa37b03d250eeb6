/**
 * The inner parts of ssh2 that logging in without needless waiting touches. They are no public contract: all are looked
 * at before any is used, and where one is missing (another version of ssh2) the login merely takes its usual round trips.
 */
import type { Client } from './ssh2.ts';

export interface OpenConfirmation {
  readonly recipient: number;
  readonly sender: number;
  readonly window: number;
  readonly packetSize: number;
}

/** What ssh2 does with each message of the server. May be replaced, and may be called before the message is there. */
export interface Handlers {
  SERVICE_ACCEPT(inside: Inside, name: string): void;
  USERAUTH_PK_OK(inside: Inside): void;
  USERAUTH_FAILURE(inside: Inside, methods: readonly string[], partial: boolean): void;
  CHANNEL_OPEN_CONFIRMATION(inside: Inside, info: OpenConfirmation): void;
  CHANNEL_OPEN_FAILURE(inside: Inside, recipient: number, reason: number, text: string): void;
  CHANNEL_SUCCESS(inside: Inside, recipient: number): void;
  CHANNEL_FAILURE(inside: Inside, recipient: number): void;
  CHANNEL_WINDOW_ADJUST(inside: Inside, recipient: number, amount: number): void;
  GLOBAL_REQUEST(inside: Inside, name: string, wantsReply: boolean, data: unknown): void;
}

/** Asks for a signature over `data`; gives it to `done` in the form of node:crypto. */
export type Sign = (data: Buffer, done: (signature: Buffer) => void) => void;

export interface Cipher {
  outSeqno: number;
  allocPacket(payload: number): Buffer;
  encrypt(packet: Buffer): void;
}

/** The state of one connection. */
export interface Inside {
  readonly _handlers: Handlers;
  readonly _authsQueue: string[];
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(payload: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  readonly _cipher: Cipher;
  readonly _kex: { readonly sessionID?: Buffer; readonly type?: string; _keys?: unknown } | undefined;
  readonly _onWrite: (data: Buffer) => void;
  _destruct: unknown;
  _parse(chunk: Buffer, from: number, to: number): number;
  parse(chunk: Buffer, from: number, to: number): void;
  start: (() => void) | undefined;
  authPK(user: string, key: unknown, algorithm?: string, sign?: Sign): void;
}

const HANDLERS: readonly (keyof Handlers)[] = [
  'SERVICE_ACCEPT', 'USERAUTH_PK_OK', 'USERAUTH_FAILURE', 'CHANNEL_OPEN_CONFIRMATION', 'CHANNEL_OPEN_FAILURE',
  'CHANNEL_SUCCESS', 'CHANNEL_FAILURE', 'CHANNEL_WINDOW_ADJUST',
  'GLOBAL_REQUEST',
]; // biome-ignore format: a list of words

/** Undefined where something is not as we know it. To be asked right after connect(), before any byte has come. */
export function insideOf(client: Client): Inside | undefined {
  const inside = (client as unknown as { readonly _protocol?: Partial<Inside> })._protocol;
  const known =
    typeof inside?._handlers === 'object' &&
    HANDLERS.every((name) => typeof inside._handlers?.[name] === 'function') &&
    Array.isArray(inside._authsQueue) &&
    typeof inside._packetRW?.write?.alloc === 'function' &&
    typeof inside._packetRW.write.finalize === 'function' &&
    typeof inside._cipher?.allocPacket === 'function' &&
    typeof inside._cipher.encrypt === 'function' &&
    typeof inside._cipher.outSeqno === 'number' &&
    typeof inside._onWrite === 'function' &&
    typeof inside._destruct !== 'undefined' &&
    typeof inside._parse === 'function' &&
    typeof inside.parse === 'function' &&
    typeof inside.start === 'function' &&
    typeof inside.authPK === 'function';
  return known ? (inside as Inside) : undefined;
}

/** What the server calls itself, `OpenSSH_9.2p1`; empty before it has. */
export function serverSoftware(client: Client): string {
  const version = (client as unknown as { readonly _remoteVer?: unknown })._remoteVer;
  return typeof version === 'string' ? version : '';
}
