/** What is known of a value before anybody has seen it: the static types of expressions. */
import { isMap, type JsonSchema } from '../source/json-schema.ts';

/** `number` is whole or a fraction; `any`: nothing is known. */
export type Type =
  | { readonly kind: 'any' | 'text' | 'int' | 'number' | 'bool' | 'null' }
  | { readonly kind: 'list'; readonly item: Type }
  | {
      readonly kind: 'map';
      /** Undefined where there is no such name. */
      field(name: string): Type | undefined;
      /** Of a name that is computed. */
      readonly rest: Type;
      /** All that there are, where that is known. */
      readonly names?: readonly string[];
    };

export const ANY: Type = { kind: 'any' };
export const TEXT: Type = { kind: 'text' };

export function mapOf(fields: Readonly<Record<string, Type>>): Type {
  const kinds = new Set(Object.values(fields).map(({ kind }) => kind));
  const [first = ANY] = Object.values(fields);
  return {
    kind: 'map',
    field: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
    rest: kinds.size === 1 && first.kind !== 'list' && first.kind !== 'map' ? first : ANY,
    names: Object.keys(fields),
  };
}

/** Of every value that fits the schema; `any` where the schema leaves a choice. */
export function typeOfSchema(schema: unknown): Type {
  if (!isMap(schema)) return ANY;
  const choices = schema.const !== undefined ? [schema.const] : schema.enum;
  if (Array.isArray(choices) && choices.length > 0 && choices.every((each) => typeof each === 'string'))
    return TEXT;
  switch (schema.type) {
    case 'string':
      return TEXT;
    case 'integer':
      return { kind: 'int' };
    case 'number':
      return { kind: 'number' };
    case 'boolean':
      return { kind: 'bool' };
    case 'null':
      return { kind: 'null' };
    case 'array':
      return { kind: 'list', item: typeOfSchema(schema.items) };
    case 'object':
      return typeOfMap(schema);
    default:
      return ANY;
  }
}

function typeOfMap(schema: Exclude<JsonSchema, boolean>): Type {
  const properties = isMap(schema.properties) ? schema.properties : {};
  const closed = schema.additionalProperties === false;
  const rest = closed ? ANY : typeOfSchema(schema.additionalProperties);
  return {
    kind: 'map',
    field: (name) =>
      Object.hasOwn(properties, name) ? typeOfSchema(properties[name]) : closed ? undefined : rest,
    rest: Object.keys(properties).length === 0 ? rest : ANY,
    ...(closed ? { names: Object.keys(properties) } : {}),
  };
}

/** `a text`, `a list`: for people. */
export function typeWords({ kind }: Type): string {
  return WORDS[kind];
}

const WORDS: Readonly<Record<Type['kind'], string>> = {
  any: 'a value',
  text: 'a text',
  int: 'a whole number',
  number: 'a number',
  bool: 'true or false',
  null: 'null',
  list: 'a list',
  map: 'a map',
};
