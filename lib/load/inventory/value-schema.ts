/** The JSON Schema of one value, as people may write it for inputs and variables: a keyword that does nothing is none. */

import { conforms } from '../schema/conform.ts';
import { checkShape } from '../schema/shape.ts';
import { FORMATS, isMap, type JsonSchema } from '../source/json-schema.ts';
import { child, type MapNode, type Node } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import { NAME } from './inventory-schema.ts';

const TYPE = { enum: ['string', 'integer', 'number', 'boolean', 'array', 'object', 'null'] } as const;
const COUNT = { type: 'integer', minimum: 0 } as const;
const NUMBER = { type: 'number' } as const;
const TEXT = { type: 'string' } as const;
const INNER = { type: ['object', 'boolean'] } as const;

const KEYWORDS = {
  type: {
    anyOf: [TYPE, { type: 'array', items: TYPE, minItems: 1 }],
    $comment: 'must be string, integer, number, boolean, array or object, or a list of these',
  },
  title: TEXT,
  description: { ...TEXT, description: 'For people' },
  default: { description: 'What it is where nobody says it' },
  examples: { type: 'array' },
  enum: { type: 'array', minItems: 1 },
  const: {},
  minimum: NUMBER,
  maximum: NUMBER,
  exclusiveMinimum: NUMBER,
  exclusiveMaximum: NUMBER,
  multipleOf: { type: 'number', exclusiveMinimum: 0 },
  minLength: COUNT,
  maxLength: COUNT,
  pattern: TEXT,
  format: { enum: Object.keys(FORMATS) },
  items: INNER,
  minItems: COUNT,
  maxItems: COUNT,
  uniqueItems: { type: 'boolean' },
  properties: { type: 'object', additionalProperties: INNER },
  required: { type: 'array', items: TEXT },
  additionalProperties: INNER,
  minProperties: COUNT,
  maxProperties: COUNT,
} as const;

/** A schema within a schema. */
const INNER_SCHEMA = { type: 'object', properties: KEYWORDS, additionalProperties: false } as const;

const named = <P extends object>(description: string, properties: P, required: readonly string[] = []) => ({
  type: ['object', 'null'],
  propertyNames: { pattern: NAME },
  additionalProperties: { type: 'object', properties, required, additionalProperties: false },
  description,
});

export const INPUTS = named(
  'What a runbook that imports this one gives it: name to JSON Schema',
  {
    ...KEYWORDS,
    required: { type: 'boolean', description: 'false: it may be left out' },
  },
  ['type'],
);

export const VARS_SCHEMA = named('What variables hosts must have: name to JSON Schema', {
  ...KEYWORDS,
  optional: { type: 'boolean', description: 'true: a host need not have it' },
});

/** Schemas within schemas, and patterns: the rule for the file does not look into these. True when all are sound. */
export function checkInner(top: MapNode, report: Report): boolean {
  let sound = true;
  for (const key of ['inputs', 'vars_schema']) {
    const declared = child(top, key);
    if (declared?.kind !== 'map') continue;
    for (const { value } of declared.entries) sound = checkWithin(value, report) && sound;
  }
  return sound;
}

function checkWithin(node: Node, report: Report): boolean {
  const sound = checkPattern(child(node, 'pattern'), report);
  return innerOf(node).reduce((all, inner) => {
    const shaped = checkShape(INNER_SCHEMA, inner, report, 'a schema');
    return checkWithin(inner, report) && shaped && all;
  }, sound);
}

function innerOf(node: Node): readonly Node[] {
  const properties = child(node, 'properties');
  const named = properties?.kind === 'map' ? properties.entries.map(({ value }) => value) : [];
  return [child(node, 'items'), child(node, 'additionalProperties'), ...named].flatMap((each) =>
    each?.kind === 'map' ? [each] : [],
  );
}

function checkPattern(node: Node | undefined, report: Report): boolean {
  if (node?.kind !== 'scalar' || typeof node.value !== 'string' || isPattern(node.value)) return true;
  const hint = 'put a backslash before ( ) [ ] { } . * + ? that mean themselves';
  report.add('bad-value', `"${node.value}" is no regular expression`, node, hint);
  return false;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

/** The schema itself where it is one; where it is not, which has been told, all values are right. */
export function soundSchema(schema: JsonSchema): JsonSchema {
  return isSound(schema) ? schema : true;
}

function isSound(schema: unknown): boolean {
  if (!isMap(schema)) return schema === true || schema === false;
  if (!conforms(INNER_SCHEMA, schema) || !isPattern(String(schema.pattern ?? ''))) return false;
  const { items = true, additionalProperties = true, properties } = schema;
  const named = isMap(properties) ? Object.values(properties) : [];
  return [items, additionalProperties, ...named].every(isSound);
}
