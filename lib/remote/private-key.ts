/** Key files: each is read and parsed once per run, and unlocked once. */

import { readFileSync, statSync } from 'node:fs';
import { shellWord } from '../base/shell-word.ts';
import { type PrivateKey, parseKey } from './ssh-auth.ts';
import { certificateFor } from './ssh-certificate.ts';
import type { AskPassphrase } from './ssh-context.ts';

/** What a key file turned out to be. `blob` is the public key. */
export type KeyFile =
  | { readonly kind: 'open'; readonly key: PrivateKey; readonly blob: Buffer }
  | { readonly kind: 'locked'; readonly text: Buffer; readonly blob?: Buffer }
  /** A public key alone: of use with an agent. */
  | { readonly kind: 'public'; readonly blob: Buffer }
  | { readonly kind: 'missing' }
  | { readonly kind: 'bad'; readonly why: string };

export interface KeyRing {
  load(file: string): KeyFile;
  /** Asks for the passphrase, at most three times; undefined when nobody could give it. */
  unlock(file: string): Promise<PrivateKey | undefined>;
  /** The certificate in this file, when it was made for the public key. */
  certificate(file: string, publicKey: Buffer): Buffer | undefined;
}

const ATTEMPTS = 3;

export function keyRing(ask: AskPassphrase | undefined): KeyRing {
  const files = new Map<string, KeyFile>();
  const unlocked = new Map<string, Promise<PrivateKey | undefined>>();
  /** One question at a time: a person has one keyboard. */
  let turn: Promise<unknown> = Promise.resolve();
  const load = (file: string): KeyFile => {
    const have = files.get(file) ?? readKey(file);
    files.set(file, have);
    return have;
  };
  const texts = new Map<string, string>();
  return {
    load,
    certificate(file, publicKey) {
      const text = texts.get(file) ?? readBytes(file)?.toString('latin1') ?? '';
      texts.set(file, text);
      return certificateFor(text, publicKey);
    },
    unlock(file) {
      const running = unlocked.get(file) ?? turn.then(() => askFor(file, load(file), ask));
      unlocked.set(file, running);
      turn = running.catch(() => undefined);
      return running.then((key) => {
        if (key) files.set(file, { kind: 'open', key, blob: key.getPublicSSH() });
        return key;
      });
    },
  };
}

async function askFor(
  file: string,
  found: KeyFile,
  ask: AskPassphrase | undefined,
): Promise<PrivateKey | undefined> {
  if (found.kind !== 'locked' || !ask) return undefined;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const passphrase = await ask(file, attempt);
    if (passphrase === undefined) return undefined;
    const key = parseKey(found.text, passphrase.reveal());
    if (!(key instanceof Error)) return key;
  }
  return undefined;
}

function readKey(file: string): KeyFile {
  const text = readBytes(file);
  if (text === undefined) return readPublic(`${file}.pub`) ?? { kind: 'missing' };
  if (typeof text === 'string') return { kind: 'bad', why: text };
  const key = parseKey(text);
  if (!(key instanceof Error)) {
    if (!key.isPrivateKey()) return { kind: 'public', blob: key.getPublicSSH() };
    return openToOthers(file) ?? { kind: 'open', key, blob: key.getPublicSSH() };
  }
  if (!/no passphrase given/i.test(key.message)) {
    return {
      kind: 'bad',
      why: `${key.message} (\`ssh-keygen -p -Z aes256-ctr -f ${file}\` writes a form that can be read)`,
    };
  }
  const blob = publicHalf(text) ?? readPublic(`${file}.pub`)?.blob;
  return openToOthers(file) ?? (blob ? { kind: 'locked', text, blob } : { kind: 'locked', text });
}

function readBytes(file: string): Buffer | string | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : `cannot be read (${code})`;
  }
}

function readPublic(file: string): { readonly kind: 'public'; readonly blob: Buffer } | undefined {
  const text = readBytes(file);
  if (!Buffer.isBuffer(text)) return undefined;
  const key = parseKey(text);
  return key instanceof Error ? undefined : { kind: 'public', blob: key.getPublicSSH() };
}

/** A private key that others can read is no longer private; OpenSSH does not use such a file either. */
function openToOthers(file: string): KeyFile | undefined {
  const mode = statSync(file).mode & 0o077;
  return mode === 0
    ? undefined
    : { kind: 'bad', why: `can be read by others (chmod 600 ${shellWord(file)})` };
}

/** The public key that stands unencrypted at the head of OpenSSH's own format; undefined for other formats. */
function publicHalf(text: Buffer): Buffer | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text.toString('latin1'))?.[1];
  if (body === undefined) return undefined;
  const raw = Buffer.from(body, 'base64');
  const magic = 'openssh-key-v1\0';
  if (raw.toString('latin1', 0, magic.length) !== magic) return undefined;
  let at = magic.length;
  const field = (): Buffer | undefined => {
    if (at + 4 > raw.length) return undefined;
    const end = at + 4 + raw.readUInt32BE(at);
    const bytes = end <= raw.length ? raw.subarray(at + 4, end) : undefined;
    at = end;
    return bytes;
  };
  // Cipher, key derivation, its options; then the number of keys (one) and the public key.
  if (!field() || !field() || !field()) return undefined;
  at += 4;
  return field();
}
