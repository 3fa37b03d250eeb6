/** What the library says is wrong, in words for people. */
import type { ProblemCode } from '../../base/problem-code.ts';

export interface Words {
  readonly message: string;
  /** Of ours, where it is a fault of types. */
  readonly code: ProblemCode | undefined;
  readonly hint: string | undefined;
}

const TYPE_FAULTS: ReadonlySet<string> = new Set([
  'no_such_overload',
  'no_matching_overload',
  'invalid_condition_type',
  'invalid_logical_operand',
  'incompatible_ternary_branches',
  'incompatible_argument_type',
  'invalid_index_type',
  'cannot_index_type',
  'invalid_comprehension_range',
  'optional_expected',
  'variable_type_mismatch',
]);

/** `code` is the library's. */
export function clearWords(text: string, code: string): Words {
  // Its word for a value whose type it learnt only now.
  const plain = text.replace(/dyn<([^<>]+)>/g, '$1');
  const ours = TYPE_FAULTS.has(code)
    ? 'expression-type'
    : code === 'no_such_key'
      ? 'unknown-name'
      : undefined;
  const told = binary(plain) ?? call(plain) ?? named(plain) ?? { message: plain, hint: undefined };
  return { ...told, code: ours };
}

interface Told {
  readonly message: string;
  readonly hint: string | undefined;
}

function binary(text: string): Told | undefined {
  const [, left = '', sign = '', right = ''] = /^no such overload: (.+?) (\S+) ([^ ].*)$/.exec(text) ?? [];
  if (sign === '') {
    const [, only, type = ''] = /^no such overload: ([!-])(.+)$/.exec(text) ?? [];
    return only === undefined
      ? undefined
      : { message: `"${only}" cannot stand before ${words(type)}`, hint: undefined };
  }
  const pair = [words(left), words(right)];
  if (sign === 'in') return { message: `${pair[0]} cannot be in ${pair[1]}`, hint: undefined };
  const message = `"${sign}" cannot stand between ${pair.join(' and ')}`;
  const text1 = [left, right].includes('string');
  const number = ['int', 'double'].some((type) => [left, right].includes(type));
  if (!text1 || !number) return { message, hint: undefined };
  const hint =
    sign === '+' ? 'make the number a text: string(…)' : 'make them alike: int(text) or string(number)';
  return { message, hint };
}

function call(text: string): Told | undefined {
  const [, name = '', args = ''] = /^found no matching overload for '([^(]+)\((.*)\)'$/.exec(text) ?? [];
  if (name === '') return undefined;
  const given = args === '' ? 'nothing' : split(args).map(words).join(', ');
  const [receiver = '', method] = name.replace(/^Cidr\./, 'cidr ').split('.');
  const hint = 'docs/runbooks.md lists the functions and what they take';
  if (method === undefined)
    return { message: `${receiver.replace(' ', '.')}() does not take ${given}`, hint };
  return { message: `${words(receiver)} has no ${method}() that takes ${given}`, hint };
}

function named(text: string): Told | undefined {
  // All that is not plain data is what JavaScript has under a name such as `constructor`.
  if (/^Unsupported type/.test(text))
    return { message: 'there is no value that can be used', hint: undefined };
  const [, item, size] = /index out of bounds, index (-?\d+) >= size (\d+)/.exec(text) ?? [];
  if (size !== undefined)
    return { message: `there is no item ${item}: the list has ${size}, counted from 0`, hint: undefined };
  const [, key] = /^No such key: (.+)$/.exec(text) ?? [];
  if (key !== undefined) return { message: `"${key}" does not exist`, hint: undefined };
  const [, scalar] = /^Cannot index type '(.+)'$/.exec(text) ?? [];
  if (scalar !== undefined)
    return { message: `${words(scalar)} has no names and no items in it`, hint: undefined };
  const [, index] = /^List index must be int, got '(.+)'$/.exec(text) ?? [];
  if (index !== undefined)
    return { message: `an item of a list has a number, not ${words(index)}`, hint: undefined };
  const [, left = '', right = ''] =
    /^Ternary branches must have the same type, got '(.+)' and '(.+)'$/.exec(text) ?? [];
  if (left !== '')
    return { message: `one side of ":" is ${words(left)}, the other ${words(right)}`, hint: undefined };
  const [, one = '', other = ''] =
    /argument must be compatible type, got '(.+)' and '(.+)'$/.exec(text) ?? [];
  if (one !== '')
    return { message: `the value is ${words(one)}, its default ${words(other)}`, hint: undefined };
  const [, first = '', got = ''] =
    /^(.*(?:must be|must return|requires) bool(?: operands)?), got '(.+)'$/.exec(text) ?? [];
  if (first === '') return undefined;
  const what = /^Ternary/.test(first)
    ? 'what stands before "?"'
    : /^Logical/.test(first)
      ? 'each side of && and ||'
      : `the condition in ${first.replace(/\(.*/, '()')}`;
  return {
    message: `${what} must be true or false, this is ${words(got)}`,
    hint: 'compare it with something: ==, !=, <, in',
  };
}

/** At the commas that stand in no brackets. */
function split(list: string): readonly string[] {
  return list.split(/, (?![^<]*>)/);
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  double: 'a fraction',
  bool: 'true or false',
  null: 'null',
  list: 'a list',
  map: 'a map',
  dyn: 'a value',
  optional: 'a value that may be missing',
};

function words(type: string): string {
  const bare = type.replace(/<.*/, '');
  const item = /^list<([a-z]+)>$/.exec(type)?.[1];
  const plural = item === undefined ? undefined : PLURALS[item];
  return plural === undefined
    ? (WORDS[bare] ?? (/^Type\d+$/.test(bare) ? 'a map' : bare))
    : `a list of ${plural}`;
}

const PLURALS: Readonly<Record<string, string>> = {
  string: 'texts',
  int: 'whole numbers',
  double: 'fractions',
};
