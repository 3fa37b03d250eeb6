/** What a schema asks for, and what a value is, in a few words. */
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';

const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'a string',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  null: 'empty',
};

/** `a string or a list`; that a value may be left empty is no advice for one that is not. */
export function orTypes(types: readonly string[]): string {
  const named = types.length > 1 ? types.filter((type) => type !== 'null') : types;
  return orList(named.map((type) => TYPE_WORDS[type] ?? type));
}

/** What one of these schemas would take; undefined where one of them does not say so in words. */
export function mustBe(options: readonly unknown[]): string | undefined {
  const words = options.map(wordOf);
  return words.length === 0 || words.includes(undefined)
    ? undefined
    : orList([...new Set(words.flatMap((word) => word ?? []))]);
}

function wordOf(schema: unknown): string | undefined {
  if (schema === null || typeof schema !== 'object') return undefined;
  const {
    type,
    enum: words,
    const: word,
    $comment: note,
    anyOf,
    minimum,
    maximum,
  } = schema as Readonly<Record<string, unknown>>;
  if (typeof note === 'string' && note.startsWith('must be ')) return note.slice('must be '.length);
  if (Array.isArray(words)) return orList(words.map(String));
  if (word !== undefined) return String(word);
  if (Array.isArray(anyOf)) return mustBe(anyOf);
  if (type === undefined) return undefined;
  const plain = orTypes([type].flat().map(String));
  if (minimum === undefined || maximum === undefined) return plain;
  return `${plain} from ${String(minimum)} to ${String(maximum)}`;
}

function orList(words: readonly string[]): string {
  if (words.length < 3) return words.join(' or ');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

const LONGEST = 40;

/** A value as a message names it; undefined where it must not be seen. */
export function shownValue(value: unknown): string | undefined {
  if (value instanceof Secret || value instanceof Unknown || value === undefined) return undefined;
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
}
