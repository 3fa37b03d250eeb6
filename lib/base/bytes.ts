/** Byte strings: one character per byte (latin1), so contents are plain data that compares with `===`. */
import { createHash } from 'node:crypto';

declare const bytesBrand: unique symbol;

/** A string whose every character is one byte (0 to 255). File contents travel as these, never as decoded text. */
export type Bytes = string & { readonly [bytesBrand]: true };

/** What a command printed, as it came: the bytes, and as text. */
export interface Printed extends Uint8Array {
  /** UTF-8 unless said otherwise; `latin1` keeps every byte. */
  toString(encoding?: 'utf8' | 'latin1', start?: number, end?: number): string;
  /** A part of it, from byte `start` to before byte `end`. */
  subarray(start?: number, end?: number): Printed;
}

const ASCII = /^[\0-\x7f]*$/;

/** Text (UTF-16) or a buffer as bytes; text is encoded as UTF-8. */
export function toBytes(value: string | Uint8Array): Bytes {
  if (typeof value !== 'string') return Buffer.from(value).toString('latin1') as Bytes;
  return (ASCII.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1')) as Bytes;
}

export function bytesToBuffer(value: Bytes): Uint8Array {
  return Buffer.from(value, 'latin1');
}

/** The bytes as text when they are valid UTF-8 without NUL; undefined for binary content. */
export function bytesToText(value: Bytes): string | undefined {
  if (value.includes('\0')) return undefined;
  if (ASCII.test(value)) return value;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytesToBuffer(value));
  } catch {
    return undefined;
  }
}

/** Lower-case hex SHA-256 of the bytes. */
export function sha256(value: Bytes | Uint8Array): string {
  const hash = createHash('sha256');
  return (typeof value === 'string' ? hash.update(value, 'latin1') : hash.update(value)).digest('hex');
}
