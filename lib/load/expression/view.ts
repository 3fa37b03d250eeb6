/** Values of a scope as the expression language may see them: whole numbers as ints, nothing unknown, secrets noted. */
import { Secret } from '../../base/secret.ts';
import { Unknown, UnknownUsed } from '../../base/unknown.ts';

/** What happened while an expression looked at values. */
export interface Look {
  /** The first secret that was read: the result is secret then. */
  secret: Secret | undefined;
}

/** A scope behind proxies. */
export interface View {
  readonly root: Record<string, unknown>;
  /** What the evaluation that is going on has looked at. */
  look: Look;
}

/** One view for each scope, as long as that lives: many expressions look at the same. */
export interface Views {
  of(scope: Scope): View;
}

type Scope = Readonly<Record<string, unknown>>;

export function openViews(): Views {
  const views = new WeakMap<Scope, View>();
  return {
    of(scope) {
      const known = views.get(scope) ?? viewScope(scope);
      views.set(scope, known);
      return known;
    },
  };
}

/**
 * Only what is really looked at counts: reading an unknown value ends the evaluation with UnknownUsed, a secret is
 * handed out as its text and noted in `look`.
 */
function viewScope(scope: Scope): View {
  const seen = new WeakMap<object, object>();
  const view = (value: unknown): unknown => {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
    if (value === null || typeof value !== 'object') return value;
    if (value instanceof Unknown) throw stumble(value);
    if (value instanceof Secret) {
      made.look.secret ??= value;
      return value.reveal();
    }
    const known = seen.get(value);
    if (known) return known;
    const proxy = new Proxy(value, handler);
    seen.set(value, proxy);
    return proxy;
  };
  const handler: ProxyHandler<object> = {
    get: (target, name) => {
      // The library tells lists and maps by it, also where a value has that name.
      if (name === 'constructor') return Array.isArray(target) ? Array : Object;
      const item: unknown = Reflect.get(target, name);
      // Only the list's own fields are values; `length` and methods belong to the language underneath.
      if (typeof name === 'symbol' || typeof item === 'function') return item;
      return Array.isArray(target) && name === 'length' ? item : view(item);
    },
  };
  const root: Record<string, unknown> = {};
  for (const name of Object.keys(scope)) {
    Object.defineProperty(root, name, { enumerable: true, get: () => view(scope[name]) });
  }
  const made: View = { root, look: { secret: undefined } };
  return made;
}

/** The error of looking at an unknown value; whoever keeps count of such looks is told by the look itself. */
export function stumble(value: Unknown): unknown {
  try {
    Reflect.get(value, 'value');
  } catch (error) {
    return error;
  }
  return new UnknownUsed(value);
}

/** A result of the expression language as plain data: ints as numbers, lists and maps copied. */
export function unview(value: unknown): unknown {
  if (typeof value === 'bigint') return numberOf(value);
  if (typeof value === 'function') return undefined;
  if (Array.isArray(value)) return value.map(unview);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, item]) => [String(key), unview(item)]));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return Object.fromEntries(Object.keys(value).map((key) => [key, unview(Reflect.get(value, key))]));
  }
  return undefined;
}

/** Beyond 2^53 a number would lose digits in silence. */
function numberOf(value: bigint): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new Error(
    `the result ${value} is beyond what a number can hold (2^53): make it a text with string(…)`,
  );
}

/** Everything in the value that is text becomes part of the secret: it was made from it. */
export function taint(value: unknown, secret: Secret): unknown {
  if (typeof value === 'string') return secret.derive(value);
  if (Array.isArray(value)) return value.map((item) => taint(item, secret));
  if (value === null || typeof value !== 'object') return secret.derive(String(value));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, taint(item, secret)]));
}
