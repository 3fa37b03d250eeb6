/** Private keys in texts: nobody has to call them secrets for them to stay out of a plan. */
const BLOCK = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?(?:-----END \1PRIVATE KEY-----|$)/g;

export function holdsPrivateKey(text: string): boolean {
  return text.search(BLOCK) !== -1;
}

/** The same data with a word instead of each. */
export function withoutPrivateKeys(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(BLOCK, '‹private key›');
  if (Array.isArray(value)) return value.map(withoutPrivateKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutPrivateKeys(item)]));
}
