/** What a file shall hold, how it is shown as a difference, and how it gets into a script. */
import { type Bytes, bytesToText, sha256, toBytes } from '../../base/bytes.ts';
import { fingerprint } from '../../base/fingerprint.ts';
import { Secret } from '../../base/secret.ts';
import { join, quoteBytes, quoteSecret, type Sh, sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Difference, Upload } from '../../model/resource.ts';
import { DIFF_LIMIT, type FileState } from './file-state.ts';

/** Bytes of a secret, which need not be text. */
export interface HiddenBytes {
  readonly hidden: Bytes;
}

/** Bytes, a secret, a local file that is sent beside the script, or what nobody knows yet. */
export type ContentValue = Bytes | Secret | HiddenBytes | Upload | Unknown;

/** Content that is known, with its size in bytes and its lower-case hex SHA-256. */
export interface Content {
  readonly sha256: string;
  readonly size: number;
  /** Undefined for an upload. */
  readonly bytes: Bytes | undefined;
  readonly upload: Upload | undefined;
  readonly secret: boolean;
  /** Of the secret in it, where it is known. */
  readonly name?: string;
}

/** A parameter's value as content: text is encoded as UTF-8, secrets and unknown values stay what they are. */
export function contentValue(value: unknown): ContentValue | undefined {
  if (value === undefined || value instanceof Secret || value instanceof Unknown) return value;
  return toBytes(String(value));
}

export function contentOf(value: Exclude<ContentValue, Unknown>): Content {
  if (value instanceof Secret || (typeof value === 'object' && 'hidden' in value)) {
    const bytes = value instanceof Secret ? value.toBytes() : value.hidden;
    const name = value instanceof Secret ? { name: value.name } : {};
    return { sha256: sha256(bytes), size: bytes.length, bytes, upload: undefined, secret: true, ...name };
  }
  if (typeof value === 'string') {
    return { sha256: sha256(value), size: value.length, bytes: value, upload: undefined, secret: false };
  }
  return { sha256: value.sha256, size: value.size, bytes: undefined, upload: value, secret: false };
}

/** Longest piece of content in one word of shell text, in characters. */
const PIECE = 262_144;

/** Commands that print the content. Builtins only, so that no secret stands in an argument list. */
export function feed(content: Content): Sh {
  if (content.upload) return sh`cat "$TB_UPLOAD"`;
  const bytes = content.bytes ?? ('' as Bytes);
  const coded = Buffer.from(bytes, 'latin1');
  const quotes = bytes.length - bytes.replaceAll("'", '').length;
  // A quote is quoted again at every level the script is wrapped in, base64 is not.
  if (!bytes.includes('\0') && quotes * 9 <= bytes.length + 64) return printed(bytes, content.secret);
  return sh`{ ${printed(coded.toString('base64') as Bytes, content.secret)}; } | base64 -d`;
}

function printed(text: Bytes, secret: boolean): Sh {
  const pieces: Sh[] = [];
  for (let at = 0; at === 0 || at < text.length; at += PIECE) {
    const piece = text.slice(at, at + PIECE) as Bytes;
    pieces.push(sh`printf %s ${secret ? quoteSecret(piece) : quoteBytes(piece)}`);
  }
  return pieces.length === 1 ? (pieces[0] ?? sh`:`) : sh`{ ${join(pieces, ' && ')}; }`;
}

/** The difference between what a file holds and what it shall hold; undefined: it shall not be there. */
export function contentDifference(path: string, state: FileState, content: Content | undefined): Difference {
  if (content?.secret) return secretDifference(path, state, content);
  const before = !state.exists ? null : state.content instanceof Unknown ? LATER : textOf(state.content);
  const after = content ? textOf(content.bytes) : null;
  if (before !== undefined && after !== undefined) return { kind: 'text', path, before, after };
  return {
    kind: 'binary',
    path,
    before: state.exists ? brief(state.size, state.sha256) : null,
    after: content ? brief(content.size, content.sha256) : null,
  };
}

/** Stands for text that a dry run cannot know. */
export const LATER = '(known after apply)\n';

function secretDifference(path: string, state: FileState, content: Content): Difference {
  const { sha256: sum } = state;
  const before = typeof sum === 'string' && sum !== '' ? { from: fingerprint(sum) } : {};
  return {
    kind: 'secret',
    name: content.name ?? path,
    ...(state.exists ? before : { from: null }),
    to: fingerprint(content.sha256),
  };
}

function textOf(bytes: Bytes | Unknown | undefined): string | undefined {
  if (typeof bytes !== 'string' || bytes.length > DIFF_LIMIT) return undefined;
  return bytesToText(bytes);
}

function brief(size: number | Unknown, sum: string | Unknown): string {
  const length = byteCount(size);
  return typeof sum === 'string' && sum !== '' ? `${length}, sha256 ${sum.slice(0, 12)}` : length;
}

/** `1 byte`, `214 bytes`. */
export function byteCount(size: number | Unknown): string {
  return size instanceof Unknown ? 'unknown size' : `${size} byte${size === 1 ? '' : 's'}`;
}
