/** Keyed marks instead of the checksums of secrets: by them one sees that a secret changes, never what it is. */
import { fingerprints, holdsFingerprint } from '../base/fingerprint.ts';
import type { Difference } from '../model/resource.ts';
import type { Seal } from '../model/review.ts';

/** Hex digits of a mark. */
const DIGITS = 4;

export interface Marks {
  /** Fingerprints in a text as marks; without a key only that something is there. */
  text(text: string): string;
  difference(item: Difference): Difference;
}

/** `given`: of the key that plans are signed with; without one there are no marks. */
export function createMarks(given: Seal | undefined): Marks {
  const seal = given?.passing ? undefined : given;
  const digest = (fingerprint: string): string =>
    seal ? Buffer.from(seal.print({ fingerprint }), 'base64url').toString('hex') : '';
  const text = (told: string, word: (fingerprint: string) => string): string =>
    holdsFingerprint(told) ? told.replace(fingerprints(), word) : told;
  const plain = (fingerprint: string): string =>
    seal ? `‹${digest(fingerprint).slice(0, DIGITS)}›` : '‹secret›';
  return {
    text: (told) => text(told, plain),
    difference(item) {
      if (item.kind === 'secret') return seal ? marked(item, digest) : { kind: 'secret', name: item.name };
      if (item.kind !== 'text') return item;
      const [before, after] = [item.before ?? '', item.after ?? ''];
      if (!holdsFingerprint(before) && !holdsFingerprint(after)) return item;
      // Without a key a change of a secret would not be seen: both sides would be the same.
      const side = (other: string, word: string) => (each: string) =>
        seal ? plain(each) : other.includes(each) || item.before === null ? '‹secret›' : word;
      return {
        ...item,
        before: item.before === null ? null : text(before, side(after, '‹the secret before›')),
        after: item.after === null ? null : text(after, side(before, '‹another secret›')),
      };
    },
  };
}

type SecretDifference = Extract<Difference, { kind: 'secret' }>;

/** Two marks of different secrets are made of the first digits in which they differ. */
function marked(item: SecretDifference, digest: (fingerprint: string) => string): SecretDifference {
  const [from, to] = [sideOf(item.from, digest), sideOf(item.to, digest)];
  let at = 0;
  if (from && to && from !== to) while (part(from, at) === part(to, at)) at += DIGITS;
  return {
    kind: 'secret',
    name: item.name,
    ...(from === undefined ? {} : { from: from && part(from, at) }),
    ...(to === undefined ? {} : { to: to && part(to, at) }),
  };
}

function sideOf(
  side: string | null | undefined,
  digest: (fingerprint: string) => string,
): string | null | undefined {
  return typeof side === 'string' ? digest(side) : side;
}

function part(digits: string, at: number): string {
  return digits.slice(at, at + DIGITS);
}
