/** Secret values: a type, so that leaving one in a log is a compile error or a mask, never an accident. */
import { type Bytes, toBytes } from './bytes.ts';

/** Characters; longer ones are whole files, which hold the secret itself. */
const LONGEST_RELATIVE = 2048;
const MOST_RELATIVES = 100;

/** A text that nobody may see: as a string, in JSON and in a log it is a mask. Where it is needed, hand on the Secret itself. */
export class Secret {
  readonly #value: string;
  /** Values made from one secret in which it is not found by itself; one list for all of its kin. */
  readonly #relatives: string[];
  /** The name under `secrets:` (or a chain of them), which is all that anyone is ever shown. */
  readonly name: string;
  constructor(name: string, value: string, kin?: Secret) {
    this.name = name;
    this.#value = value;
    this.#relatives = kin ? kin.#relatives : [];
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
    const relatives = this.#relatives;
    const other = value.length <= LONGEST_RELATIVE && !value.includes(this.#value);
    if (other && relatives.length < MOST_RELATIVES && !relatives.includes(value)) relatives.push(value);
    return new Secret(this.name, value, this);
  }
  /** What else may show it: decoded, cut or changed in case, as far as it was asked for. */
  relatives(): readonly string[] {
    return this.#relatives;
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
