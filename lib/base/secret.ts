/** Secret values: a type, so that leaving one in a log is a compile error or a mask, never an accident. */
import { type Bytes, toBytes } from './bytes.ts';

/** A text that nobody may see: as a string, in JSON and in a log it is a mask. Where it is needed, hand on the Secret itself. */
export class Secret {
  readonly #value: string;
  /** The name under `secrets:` (or a chain of them), which is all that anyone is ever shown. */
  readonly name: string;
  constructor(name: string, value: string) {
    this.name = name;
    this.#value = value;
  }
  /** The value itself, for the one place that puts it into a file or answers a prompt. */
  reveal(): string {
    return this.#value;
  }
  toBytes(): Bytes {
    return toBytes(this.#value);
  }
  /** A secret made from this one: joined to other text, decoded, or rendered into a file. */
  derive(value: string): Secret {
    return new Secret(this.name, value);
  }
  toString(): string {
    return `‹secret ${this.name}›`;
  }
  toJSON(): string {
    return this.toString();
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
