/** The JSON Schema of one value, as people may write it for inputs and variables: a keyword that does nothing is none. */

import { FORMATS } from '../source/json-schema.ts';
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
