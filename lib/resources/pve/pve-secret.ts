/** Fields of objects of Proxmox that are secrets: tokens and keys that its lists tell to root. */
import { sha256, toBytes } from '../../base/bytes.ts';
import { fingerprint } from '../../base/fingerprint.ts';
import { fieldsOf, type PveHint, type PveState, type PveValue } from './pve-state.ts';

/** Fields of what the hint finds that nobody is to see. */
export function secretsOf(hint: PveHint | undefined): readonly string[] {
  return hint?.from === 'list' ? (hint.secrets ?? []) : [];
}

/** The state as it may be shown: marks in the place of checksums. */
export function hidden(state: PveState, hint: PveHint | undefined): PveState {
  const shown = Object.entries(fieldsOf(state)).map(([name, value]) => [
    name,
    secretsOf(hint).includes(name) ? fingerprint(String(value)) : value,
  ]);
  return { ...state, value: Object.fromEntries(shown) as PveState['value'] };
}

/** Nobody is to see them, and nobody has to: they are compared by their checksums. */
export function summed(
  record: Readonly<Record<string, PveValue>>,
  secrets: readonly string[],
): Readonly<Record<string, PveValue>> {
  if (secrets.length === 0) return record;
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      secrets.includes(name) ? sha256(toBytes(String(value))) : value,
    ]),
  );
}
