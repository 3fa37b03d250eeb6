/**
 * A secret within plans: its checksum stands for it in texts and states. Checksums of secrets are secrets too, so none
 * leaves the engine: on the way out each becomes a keyed mark (lib/engine/mark.ts).
 */

/** `sum`: hex SHA-256 of the secret. */
export function fingerprint(sum: string): string {
  return `‹sha256 ${sum.slice(0, 16)}›`;
}

/** A new one each time: such an expression remembers where it was. */
export function fingerprints(): RegExp {
  return /‹sha256 [0-9a-f]{16}›/g;
}

export function holdsFingerprint(text: string): boolean {
  return text.includes('‹sha256 ');
}
