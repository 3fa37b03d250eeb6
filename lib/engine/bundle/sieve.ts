/** Keeps secrets out of what is kept: known values in any form that the mask knows, and private keys. */
import type { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { State } from '../../model/kind.ts';
import { createTextMask } from '../mask.ts';

export const LEFT_OUT = 'a secret, which is left out of the bundle';

const NO_DATA = 'a state that is no plain data, and cannot be kept in a bundle';

export interface Sieve {
  /** Any secret is known at all. */
  readonly any: boolean;
  /** A state without its secrets: what holds one is not known in the bundle. `secret`: fields that are. */
  state(state: State, secret: ReadonlySet<string> | 'all'): unknown;
  /** The same for what nobody plans on. */
  plain(value: unknown): unknown;
}

/** Private halves, as PEM files and those of WireGuard hold them, and preshared keys. */
const PRIVATE =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|^\s*(?:PrivateKey|PresharedKey)\s*=\s*[A-Za-z0-9+/]{42}/im;

export function createSieve(secrets: readonly Secret[]): Sieve {
  const mask = createTextMask(secrets);
  const holds = (text: string): boolean => mask(text) !== text || PRIVATE.test(text);
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
    any: secrets.length > 0,
    plain,
    state(state, secret) {
      if (secret === 'all') return plain(new Unknown(LEFT_OUT));
      if (!isData(state)) return plain(new Unknown(NO_DATA));
      const hidden = 'content' in state && sift(state.content) !== state.content ? SUMS : [];
      const fields = Object.entries(state).map(([name, value]) => {
        const out = value !== '' && (secret.has(name) || hidden.includes(name));
        return [name, out ? new Unknown(LEFT_OUT) : value] as const;
      });
      return plain(Object.fromEntries(fields));
    },
  };
}

/** What JSON gives back as it was: a project's kind may put anything into its states. */
function isData(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || value === undefined || value instanceof Unknown) return true;
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  if (Array.isArray(value)) return value.every(isData);
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isData);
}

/** With the content its checksum is left out: a short secret can be found from it by trying. */
const SUMS = ['sha256'];
