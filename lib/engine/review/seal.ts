/** Keyed fingerprints of plain data: by them two states are compared that nobody else may see. */
import { createHmac, randomBytes } from 'node:crypto';
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Seal } from '../../model/review.ts';

/** 128 bits of a print are kept. */
const PRINT_BYTES = 16;

/** Of a key that nobody else has and that is not kept. */
export function passingSeal(): Seal {
  return { ...createSeal(randomBytes(32)), passing: true };
}

/** `key`: at least 32 bytes that others do not know. */
export function createSeal(key: Buffer): Seal {
  return {
    print: (value) =>
      createHmac('sha256', key)
        .update(canonicalText(value))
        .digest()
        .subarray(0, PRINT_BYTES)
        .toString('base64url'),
  };
}

/** One text for equal data, whatever the order of its keys; what is undefined counts as not there. */
export function canonicalText(value: unknown): string {
  if (value === undefined) return 'null';
  if (value instanceof Secret) return JSON.stringify({ $secret: value.reveal() });
  if (value instanceof Unknown) return '{"$unknown":true}';
  if (Buffer.isBuffer(value)) return JSON.stringify({ $bytes: value.toString('base64') });
  if (value instanceof Map) return canonicalText(Object.fromEntries(value));
  if (value instanceof Set) return canonicalText([...value]);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalText(field)}`);
  return `{${fields.join(',')}}`;
}
