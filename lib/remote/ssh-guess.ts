/**
 * The key exchange in the first flight: our algorithms and the first message of curve25519-sha256 go out with our
 * version, without waiting for the server's. Spares one round trip (docs/decisions/0012).
 */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Inside } from './ssh-inside.ts';

/** Stands for the server's version until the true one is there; ssh2 sends its algorithms once it has seen one. */
const STAND_IN = Buffer.from('SSH-2.0-unknown\r\n');
const KEX_INIT = 30;
const DISCONNECT = 1;
const PAYLOAD_AT = 5;
const NEWLINE = 10;
/** A server that has named its version and then says nothing for so long may have lost what we sent in advance. */
const ANSWER_MS = 3000;

/** ssh2's own list begins with curve25519-sha256, so a server that takes it at all will use it. To be called right after connect(). `lost`: the server wants another exchange, and this connection is of no use. */
export function guessKeyExchange(inside: Inside, lost: (why: string) => void): { stop(): void } {
  const { start } = inside;
  let timer: NodeJS.Timeout | undefined;
  inside.start = () => {
    start?.();
    const readVersion = inside._parse;
    inside.parse(STAND_IN, 0, STAND_IN.length);
    const pair = generateKeyPairSync('x25519');
    const raw = rawKey(pair.publicKey);
    presetKeys(inside, pair.privateKey, raw);
    inside._onWrite(initPacket(inside, raw));
    takeTrueVersion(inside, readVersion, () => {
      timer = setTimeout(() => lost('no answer to a key exchange sent in advance'), ANSWER_MS);
    });
    replaceOwnMessage(inside, () => {
      clearTimeout(timer);
      if (inside._kex?.type !== '25519') lost('it takes no curve25519-sha256');
    });
  };
  return { stop: () => clearTimeout(timer) };
}

/** The way by JWK, as OpenSSL takes its time over DER: 70 microseconds against 1. */
function rawKey(key: KeyObject): Buffer {
  return Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url');
}

/** ssh2 makes a pair for the exchange unless it has one: it gets the one whose public half is on its way already. */
function presetKeys(inside: Inside, privateKey: KeyObject, raw: Buffer): void {
  Object.defineProperty(inside, '_kex', {
    configurable: true,
    enumerable: true,
    get: () => undefined,
    set(exchange: Inside['_kex']) {
      Object.defineProperty(inside, '_kex', {
        configurable: true,
        enumerable: true,
        writable: true,
        value: exchange,
      });
      // Of what is exported as DER, ssh2 looks at the last 32 bytes.
      if (exchange?.type === '25519') exchange._keys = { privateKey, publicKey: { export: () => raw } };
    },
  });
}

function initPacket(inside: Inside, key: Buffer): Buffer {
  const packet = inside._cipher.allocPacket(1 + 4 + key.length);
  packet[PAYLOAD_AT] = KEX_INIT;
  packet.writeUInt32BE(key.length, PAYLOAD_AT + 1);
  key.copy(packet, PAYLOAD_AT + 1 + 4);
  return packet;
}

/**
 * Lets ssh2 read the server's version in place of the stand-in. Its reader answers a version with our algorithms, which
 * are out already, unless the connection was given up meanwhile: so that is what it is shown while it reads.
 */
function takeTrueVersion(inside: Inside, read: Inside['_parse'], taken: () => void): void {
  const readLine: Inside['_parse'] = (chunk, from, to) => {
    const newline = chunk.indexOf(NEWLINE, from);
    const end = newline === -1 || newline >= to ? to : newline + 1;
    const kept = inside._destruct;
    inside._destruct = undefined;
    try {
      read.call(inside, chunk.subarray(from, end), 0, end - from);
    } finally {
      inside._destruct = kept;
    }
    if (inside._parse !== readLine) taken();
    return end;
  };
  inside._parse = readLine;
}

/** ssh2 answers the server's algorithms with a key of its own: the one that is on its way already takes its place. */
function replaceOwnMessage(inside: Inside, replaced: () => void): void {
  const cipher = inside._cipher;
  const { encrypt } = cipher;
  cipher.encrypt = (packet) => {
    cipher.encrypt = encrypt;
    if (packet[PAYLOAD_AT] === DISCONNECT) return encrypt.call(cipher, packet);
    cipher.outSeqno += 1;
    replaced();
  };
}
