/** Whether a value of a type can fit a schema at all: what is known of a parameter before its value is. */

import type { Unknown } from '../../base/unknown.ts';
import type { Type } from '../expression/type.ts';
import { typeOfUnknown } from '../expression/typed-unknown.ts';
import { isMap, type JsonSchema } from '../source/json-schema.ts';

export function couldFit(schema: JsonSchema, value: Unknown): boolean {
  return fits(schema, typeOfUnknown(value));
}

function fits(schema: unknown, type: Type): boolean {
  if (typeof schema === 'boolean') return schema;
  if (!isMap(schema) || type.kind === 'any') return true;
  const { anyOf, oneOf, allOf, enum: choices, type: wanted, items } = schema;
  const given = WORDS[type.kind];
  if (wanted !== undefined && ![wanted].flat().some((each) => given.includes(String(each)))) return false;
  if (Array.isArray(choices) && !choices.some((each) => given.includes(wordOf(each)))) return false;
  for (const options of [anyOf, oneOf]) {
    if (Array.isArray(options) && !options.some((each) => fits(each, type))) return false;
  }
  if (Array.isArray(allOf) && !allOf.every((each) => fits(each, type))) return false;
  return type.kind !== 'list' || items === undefined || fits(items, type.item);
}

/** Types of a schema that a value of the type may have. */
const WORDS: Readonly<Record<Type['kind'], readonly string[]>> = {
  any: [],
  text: ['string'],
  int: ['integer', 'number'],
  number: ['integer', 'number'],
  bool: ['boolean'],
  null: ['null'],
  list: ['array'],
  map: ['object'],
};

function wordOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' ? 'object' : typeof value;
}
