/** A map by name whose values are made when they are asked for: thousands of hosts cost nothing until one is looked at. */

/** Own, enumerable, read-only properties `names`, each made once. */
export function lazyRecord<T>(
  names: { has(name: string): boolean; keys(): Iterable<string> },
  make: (name: string) => T,
): Readonly<Record<string, T>> {
  const made = new Map<string, T>();
  const value = (name: string): T => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const fresh = make(name);
    made.set(name, fresh);
    return fresh;
  };
  return new Proxy<Record<string, T>>(
    {},
    {
      get: (target, name) =>
        typeof name === 'string' && names.has(name) ? value(name) : Reflect.get(target, name),
      has: (_, name) => typeof name === 'string' && names.has(name),
      ownKeys: () => [...names.keys()],
      getOwnPropertyDescriptor: (_, name) =>
        typeof name === 'string' && names.has(name)
          ? { value: value(name), enumerable: true, configurable: true, writable: false }
          : undefined,
    },
  );
}
