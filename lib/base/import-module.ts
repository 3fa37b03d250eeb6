/** Imports a module whose address is known only while we run: a project's own task. */

/** Where the front of the bundle leaves its own `import`: code compiled from a cache has none. */
export const FRONT_IMPORT = Symbol.for('tightbeam.import');

/** `url` is a file URL. */
export async function importModule(url: string): Promise<unknown> {
  const front = Reflect.get(globalThis, FRONT_IMPORT) as ((url: string) => Promise<unknown>) | undefined;
  return front ? await front(url) : await import(url);
}
