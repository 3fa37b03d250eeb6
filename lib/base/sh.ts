/** Remote shell text: a type of its own that plain strings enter only through quoting. POSIX sh (dash, busybox ash). */
import { type Bytes, toBytes } from './bytes.ts';

/** A piece of POSIX sh. Made by the `sh` tag alone; its text is bytes and goes to the host as they are. */
export class Sh {
  readonly #brand = true;
  readonly text: Bytes;
  /** True when the text holds a secret: it is then never shown, logged or put into a plan. */
  readonly secret: boolean;
  private constructor(text: Bytes, secret: boolean) {
    this.text = text;
    this.secret = secret;
  }
  /** For this module and its tests alone: text that is known to be sh already. */
  static of(text: Bytes, secret = false): Sh {
    return new Sh(text, secret);
  }
  static is(value: unknown): value is Sh {
    return typeof value === 'object' && value !== null && #brand in value;
  }
  toJSON(): string {
    return this.secret ? '‹secret›' : this.text;
  }
  toString(): string {
    return this.toJSON();
  }
}

/** What may stand in `${}` of the `sh` tag: strings and numbers are quoted, Sh is spliced, lists are joined by spaces. */
export type ShValue = string | number | Sh | readonly (string | number | Sh)[];

/** Text as one sh word, encoded as UTF-8. NUL cannot be quoted and throws. */
export function quote(text: string): Sh {
  return quoteBytes(toBytes(text));
}

/** Bytes as one sh word, exactly as they are (file contents, names read from a host). NUL throws. */
export function quoteBytes(bytes: Bytes): Sh {
  if (bytes.includes('\0')) throw new TypeError('a NUL byte cannot stand in shell text');
  if (/^[A-Za-z0-9_./:@%+,-]+$/.test(bytes)) return Sh.of(bytes);
  return Sh.of(`'${bytes.replaceAll("'", "'\\''")}'` as Bytes);
}

/**
 * Bytes that hold a secret, as one sh word. Only for arguments of shell builtins (`printf`) and for stdin:
 * an external command would show it in `ps`.
 */
export function quoteSecret(bytes: Bytes): Sh {
  return Sh.of(quoteBytes(bytes).text, true);
}

/** Tag for shell text: ``sh`mv -- ${from} ${to}` `` quotes each value by itself. */
export function sh(strings: TemplateStringsArray, ...values: readonly ShValue[]): Sh {
  let secret = false;
  let text = toBytes(strings[0] ?? '') as string;
  values.forEach((value, index) => {
    const part = render(value);
    secret ||= part.secret;
    text += part.text + toBytes(strings[index + 1] ?? '');
  });
  return Sh.of(text as Bytes, secret);
}

function render(value: ShValue): Sh {
  if (Sh.is(value)) return value;
  if (Array.isArray(value)) return join(value.map(render), ' ');
  return quote(String(value));
}

/** Pieces of shell text with a separator that is shell text itself (default: a new line). */
export function join(parts: readonly Sh[], separator: ' ' | '\n' | ' && ' | '; ' = '\n'): Sh {
  return Sh.of(
    parts.map((part) => part.text).join(separator) as Bytes,
    parts.some((part) => part.secret),
  );
}
