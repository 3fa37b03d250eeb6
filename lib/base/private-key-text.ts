/** Private keys in texts: nobody has to call them secrets for them to stay out of what is shown and kept. */
import { sha256, toBytes } from './bytes.ts';
import { fingerprint } from './fingerprint.ts';
import { mapText } from './text-mask.ts';

const BLOCK = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?(?:-----END \1PRIVATE KEY-----|$)/g;

export function holdsPrivateKey(text: string): boolean {
  return text.search(BLOCK) !== -1;
}

/** The same data with a word and the fingerprint of the key instead of each: see fingerprint.ts. */
export function privateKeysMarked(value: unknown): unknown {
  return mapText(value, marked);
}

function marked(text: string): string {
  if (!text.includes('PRIVATE KEY-----')) return text;
  return text.replace(BLOCK, (key) => `‹private key› ${fingerprint(sha256(toBytes(Buffer.from(key))))}`);
}
