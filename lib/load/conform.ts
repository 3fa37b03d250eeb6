/** The fast half of schema checking: says "conforms" without a library; whatever it is unsure of goes to schema.ts. */
import { Secret } from '../base/secret.ts';
import { Unknown } from '../base/unknown.ts';

export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Formats of ours that restrict a value by itself; the others are checked where the world is known. */
export const FORMATS: Readonly<Record<string, RegExp>> = {
  mode: /^0?[0-7]{3,4}$/,
  'abs-path': /^\/(?!.*\0)/,
};
export const OPEN_FORMATS = ['local-file', 'local-path', 'host-group', 'secret'] as const;

const NOTES = new Set([
  '$schema',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  '$comment',
  'readOnly',
]);

/**
 * True when the value surely conforms. False means "no, or cannot tell". Unknown conforms everywhere, and so does
 * a secret where text may stand: whether it may stand there at all is asked elsewhere.
 */
export function conforms(schema: JsonSchema, value: unknown): boolean {
  if (typeof schema === 'boolean') return schema;
  if (value instanceof Unknown) return true;
  for (const keyword in schema) {
    if (!conformsTo(keyword, schema[keyword], value, schema)) return false;
  }
  return true;
}

function conformsTo(
  keyword: string,
  rule: unknown,
  value: unknown,
  schema: { readonly [k: string]: unknown },
): boolean {
  if (value instanceof Secret) {
    return keyword === 'type' ? hasType(rule, 'text') : !['const', 'enum', 'not', 'oneOf'].includes(keyword);
  }
  switch (keyword) {
    case 'type':
      return hasType(rule, value);
    case 'enum':
      return Array.isArray(rule) && rule.includes(value);
    case 'const':
      return rule === value;
    case 'anyOf':
      return Array.isArray(rule) && rule.some((option) => conforms(option as JsonSchema, value));
    case 'oneOf':
      return (
        Array.isArray(rule) &&
        rule.filter((option) => conforms(option as JsonSchema, value)).length === 1 &&
        exact(rule)
      );
    case 'allOf':
      return Array.isArray(rule) && rule.every((option) => conforms(option as JsonSchema, value));
    case 'format':
      return (
        typeof value !== 'string' ||
        !(String(rule) in FORMATS) ||
        (FORMATS[String(rule)]?.test(value) ?? true)
      );
    case 'pattern':
    case 'minLength':
    case 'maxLength':
      return typeof value !== 'string' || textRule(keyword, rule, value);
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return typeof value !== 'number' || numberRule(keyword, rule, value);
    case 'items':
    case 'minItems':
    case 'maxItems':
    case 'uniqueItems':
      return !Array.isArray(value) || listRule(keyword, rule, value);
    case 'properties':
    case 'required':
    case 'additionalProperties':
    case 'propertyNames':
    case 'minProperties':
    case 'maxProperties':
      return !isMap(value) || mapRule(keyword, rule, value, schema);
    default:
      return NOTES.has(keyword);
  }
}

/** `oneOf` is sure only when its options tell each other apart by a type: then "not sure" cannot hide a second match. */
function exact(options: readonly unknown[]): boolean {
  const types = options.map((option) => (isMap(option) ? String(option.type) : ''));
  return new Set(types).size === types.length && !types.includes('') && !types.includes('undefined');
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !(value instanceof Unknown) &&
    !(value instanceof Secret)
  );
}

function hasType(rule: unknown, value: unknown): boolean {
  if (Array.isArray(rule)) return rule.some((one) => hasType(one, value));
  switch (rule) {
    case 'string':
    case 'boolean':
      return typeof value === rule;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMap(value);
    default:
      return false;
  }
}

function textRule(keyword: string, rule: unknown, value: string): boolean {
  if (keyword === 'pattern') return new RegExp(String(rule), 'u').test(value);
  const length = [...value].length;
  return keyword === 'minLength' ? length >= Number(rule) : length <= Number(rule);
}

function numberRule(keyword: string, rule: unknown, value: number): boolean {
  const bound = Number(rule);
  if (keyword === 'minimum') return value >= bound;
  if (keyword === 'maximum') return value <= bound;
  return keyword === 'exclusiveMinimum' ? value > bound : value < bound;
}

function listRule(keyword: string, rule: unknown, value: readonly unknown[]): boolean {
  if (keyword === 'items') return value.every((item) => conforms(rule as JsonSchema, item));
  if (keyword === 'minItems') return value.length >= Number(rule);
  if (keyword === 'maxItems') return value.length <= Number(rule);
  if (rule === false) return true;
  return value.every((item) => typeof item !== 'object') && new Set(value).size === value.length;
}

function mapRule(
  keyword: string,
  rule: unknown,
  value: Readonly<Record<string, unknown>>,
  schema: { readonly [k: string]: unknown },
): boolean {
  const names = Object.keys(value);
  const properties = isMap(schema.properties) ? schema.properties : {};
  switch (keyword) {
    case 'properties':
      return names.every(
        (name) => !Object.hasOwn(properties, name) || conforms(properties[name] as JsonSchema, value[name]),
      );
    case 'required':
      return Array.isArray(rule) && rule.every((name) => Object.hasOwn(value, String(name)));
    case 'additionalProperties':
      if (Object.hasOwn(schema, 'patternProperties')) return false;
      return names.every(
        (name) => Object.hasOwn(properties, name) || conforms(rule as JsonSchema, value[name]),
      );
    case 'propertyNames':
      return names.every((name) => conforms(rule as JsonSchema, name));
    case 'minProperties':
      return names.length >= Number(rule);
    default:
      return names.length <= Number(rule);
  }
}

/** The value with the schema's defaults filled in, at any depth; the value itself is left alone. */
export function withDefaults(schema: JsonSchema, value: unknown): unknown {
  if (typeof schema === 'boolean') return value;
  if (Array.isArray(value)) {
    const items = schema.items as JsonSchema | undefined;
    return items === undefined ? value : value.map((item) => withDefaults(items, item));
  }
  if (!isMap(value)) return value;
  const out: Record<string, unknown> = { ...value };
  const properties = isMap(schema.properties) ? schema.properties : {};
  for (const [name, rule] of Object.entries(properties)) {
    if (Object.hasOwn(out, name)) out[name] = withDefaults(rule as JsonSchema, out[name]);
    else if (isMap(rule) && rule.default !== undefined) out[name] = structuredClone(rule.default);
  }
  const rest = schema.additionalProperties;
  if (isMap(rest)) {
    for (const name of Object.keys(out)) {
      if (!Object.hasOwn(properties, name)) out[name] = withDefaults(rest, out[name]);
    }
  }
  return out;
}
