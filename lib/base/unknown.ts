/** A value that nobody can know before some change has been applied ("known after apply"). */

/** Thrown when code uses an unknown value as if it were known; the engine turns it into "known after apply". */
export class UnknownUsed extends Error {
  readonly unknown: Unknown;
  constructor(unknown: Unknown) {
    super(`known after apply: ${unknown.because}`);
    this.unknown = unknown;
  }
}

/**
 * Stands where a value will be. It may be handed on (a task may put it into a resource), but not looked into:
 * joining it to text or reading it as a number throws {@link UnknownUsed}.
 */
export class Unknown {
  /** What has to happen first, for people: `step key on wro`, `facts of roz`. */
  readonly because: string;
  /** The host whose facts it is, where it is facts: the engine then reads them. */
  readonly facts: string | undefined;
  constructor(because: string, facts?: string) {
    this.because = because;
    this.facts = facts;
  }
  [Symbol.toPrimitive](): never {
    throw new UnknownUsed(this);
  }
  toString(): string {
    throw new UnknownUsed(this);
  }
  toJSON(): { readonly $unknown: string } {
    return { $unknown: this.because };
  }
}

/** A value that is there and that nobody tells whoever plans: unlike one that is yet to be, nothing is guessed in its place. */
export class Untold extends Unknown {}

/**
 * An unknown value that also says so when one looks into it: `facts.os.id` of a host not read yet throws
 * {@link UnknownUsed} instead of giving undefined. `touched` hears of each such look.
 */
export function unknownView<T>(because: string, facts?: string, touched?: () => void): T {
  const target = new Unknown(because, facts);
  const known = new Set<PropertyKey>([
    'because',
    'facts',
    'toString',
    'toJSON',
    'constructor',
    'then',
    Symbol.toPrimitive,
  ]);
  return new Proxy(target, {
    get(_, name) {
      if (known.has(name)) return Reflect.get(target, name);
      touched?.();
      throw new UnknownUsed(target);
    },
  }) as T;
}

export type Known<T> = Exclude<T, Unknown>;

/** The first unknown anywhere inside a value of plain data, or undefined when all of it is known. */
export function findUnknown(value: unknown): Unknown | undefined {
  if (value instanceof Unknown) return value;
  if (value === null || typeof value !== 'object') return undefined;
  for (const item of Array.isArray(value) ? value : Object.values(value)) {
    const found = findUnknown(item);
    if (found) return found;
  }
  return undefined;
}

/** Runs `use`; when it stumbles over an unknown value, gives that unknown back instead of throwing. */
export function unlessUnknown<T>(use: () => T): T | Unknown {
  try {
    return use();
  } catch (error) {
    if (error instanceof UnknownUsed) return error.unknown;
    throw error;
  }
}

/** The value itself; an unknown one throws {@link UnknownUsed}, so that the plan waits for it. */
export function known<T>(value: T | Unknown): T {
  if (value instanceof Unknown) throw new UnknownUsed(value);
  return value;
}
