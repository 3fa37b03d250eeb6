/** Maps by name whose values are made when they are asked for: thousands of hosts cost nothing until one is looked at. */

export interface Names {
  has(name: string): boolean;
  keys(): Iterable<string>;
}

/** Own, enumerable, read-only properties `names`, each made once. */
export function lazyRecord<T>(names: Names, make: (name: string) => T): Readonly<Record<string, T>> {
  const made = new Map<string, T>();
  return lookUpRecord(names, (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const fresh = make(name);
    made.set(name, fresh);
    return fresh;
  });
}

/** As {@link lazyRecord}, looked up at each use; to ask whether a name is there is none. */
export function lookUpRecord<T>(names: Names, look: (name: string) => T): Readonly<Record<string, T>> {
  return new Proxy<Record<string, T>>(
    {},
    {
      get: (target, name) =>
        typeof name === 'string' && names.has(name) ? look(name) : Reflect.get(target, name),
      has: (_, name) => typeof name === 'string' && names.has(name),
      ownKeys: () => [...names.keys()],
      getOwnPropertyDescriptor: (_, name) =>
        typeof name === 'string' && names.has(name)
          ? { get: () => look(name), enumerable: true, configurable: true }
          : undefined,
    },
  );
}
