/** Keeps secrets out of what is kept: known values in any of the forms that files hold them in, and private keys. */
import { toBytes } from '../../base/bytes.ts';
import type { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { State } from '../../model/kind.ts';

export const LEFT_OUT = 'a secret, which is left out of the bundle';

export interface Sieve {
  /** A state without its secrets: what holds one is not known in the bundle. `secret`: fields that are. */
  state(state: State, secret: ReadonlySet<string>): unknown;
  /** The same for what nobody plans on. */
  plain(value: unknown): unknown;
}

/** Shorter values would be found in half of all texts. */
const SHORTEST = 4;
/** Keys of private halves, as PEM files and WireGuard's hold them. */
const PRIVATE =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|^\s*(?:PrivateKey|PresharedKey)\s*=\s*[A-Za-z0-9+/]{42}/im;

export function createSieve(secrets: readonly Secret[]): Sieve {
  const needles = [...new Set(secrets.flatMap((secret) => formsOf(secret.reveal())))];
  const holds = (text: string): boolean =>
    needles.some((needle) => text.includes(needle)) || PRIVATE.test(text);
  const sift = (value: unknown): unknown => {
    if (typeof value === 'string') return holds(value) ? new Unknown(LEFT_OUT) : value;
    if (value === null || typeof value !== 'object' || value instanceof Unknown) return value;
    if (Array.isArray(value)) return value.map(sift);
    const entries = Object.entries(value);
    // A name cannot be left out alone.
    if (entries.some(([name]) => holds(name))) return new Unknown(LEFT_OUT);
    return Object.fromEntries(entries.map(([name, item]) => [name, sift(item)]));
  };
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(sift(value) ?? null));
  return {
    plain,
    state(state, secret) {
      const hidden = 'content' in state && sift(state.content) !== state.content ? SUMS : [];
      const fields = Object.entries(state).map(([name, value]) => {
        const out = value !== '' && (secret.has(name) || hidden.includes(name));
        return [name, out ? new Unknown(LEFT_OUT) : value] as const;
      });
      return plain(Object.fromEntries(fields));
    },
  };
}

/** With the content its checksum is left out: a short secret can be found from it by trying. */
const SUMS = ['sha256'];

function formsOf(value: string): readonly string[] {
  const texts = [value, value.trim(), ...longLines(value)].filter((text) => text.length >= SHORTEST);
  return texts.flatMap((text) => {
    const bytes = Buffer.from(text, 'utf8');
    const json = JSON.stringify(text).slice(1, -1);
    return [
      text,
      toBytes(text),
      json,
      toBytes(json),
      ...[0, 1, 2].flatMap((before) => base64Within(bytes, before)),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      encodeURIComponent(text),
    ].filter((form) => form.length >= SHORTEST);
  });
}

/** In the midst of a longer base64 text: `before` bytes share its first group, and others may share its last. */
function base64Within(bytes: Buffer, before: number): readonly string[] {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const inner = text.slice(before === 0 ? 0 : before + 1, -1);
  return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
}

/** A line of a secret that has several (a key's) counts as one itself. */
function longLines(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.length > 1 ? lines.filter((line) => line.length >= 12) : [];
}
