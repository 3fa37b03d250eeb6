/** What many work out of the same things, worked out once. */

/**
 * Gives what `make` gave the last time this name was asked for with the very same `of` (by identity, one by one), else
 * makes it. `make` rests on nothing but `of` and the name; what it throws is thrown, and it is asked again.
 */
export type Once = <T>(name: string, of: readonly unknown[], make: () => T) => T;

export function createOnce(): Once {
  const made = new Map<string, { readonly of: readonly unknown[]; readonly value: unknown }>();
  return <T>(name: string, of: readonly unknown[], make: () => T): T => {
    const known = made.get(name);
    if (known && same(known.of, of)) return known.value as T;
    const value = make();
    made.set(name, { of, value });
    return value;
  };
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
