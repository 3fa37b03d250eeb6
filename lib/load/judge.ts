/** Judges a value by a schema without a library: the keywords that tasks are made of, unknown values included. */
import { Secret } from '../base/secret.ts';
import { Unknown } from '../base/unknown.ts';

export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Formats of ours that restrict a value by itself; the others are checked where the world is known. */
export const FORMATS: Readonly<Record<string, RegExp>> = {
  mode: /^0?[0-7]{3,4}$/,
  'abs-path': /^\/(?!.*\0)/,
};
export const OPEN_FORMATS = ['local-file', 'local-path', 'host-group', 'secret'] as const;
/** `step:TASK` names a step of that task. */
export const STEP_FORMAT = /^step:([a-z][a-z0-9_]*)$/;

const NOTES = new Set([
  '$schema',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  '$comment',
  'readOnly',
  // Read by `if`.
  'then',
  'else',
]);

/**
 * maybe: it rests on a value that is not known yet. unsure: a keyword that only the library knows.
 */
export type Verdict = 'yes' | 'no' | 'maybe' | 'unsure';

export function judge(schema: JsonSchema, value: unknown): Verdict {
  if (typeof schema === 'boolean') return answer(schema);
  if (value instanceof Unknown) return 'maybe';
  let verdict: Verdict = 'yes';
  for (const keyword in schema) {
    verdict = and(verdict, judgeKeyword(keyword, schema[keyword], value, schema));
    if (verdict === 'no') break;
  }
  return verdict;
}

type Schema = Readonly<Record<string, unknown>>;

function answer(holds: boolean): Verdict {
  return holds ? 'yes' : 'no';
}

const STRENGTH: Readonly<Record<Verdict, number>> = { no: 3, unsure: 2, maybe: 1, yes: 0 };

function and(a: Verdict, b: Verdict): Verdict {
  return STRENGTH[a] >= STRENGTH[b] ? a : b;
}

function all<T>(items: Iterable<T>, one: (item: T) => Verdict): Verdict {
  let verdict: Verdict = 'yes';
  for (const item of items) verdict = and(verdict, one(item));
  return verdict;
}

function judgeKeyword(keyword: string, rule: unknown, value: unknown, schema: Schema): Verdict {
  if (NOTES.has(keyword)) return 'yes';
  if (keyword in COMBINED) return COMBINED[keyword]?.(rule, value, schema) ?? 'unsure';
  if (value instanceof Secret) return judgeSecret(keyword, rule);
  if (keyword === 'type') return answer(hasType(rule, value));
  if (keyword === 'enum') return answer(Array.isArray(rule) && rule.includes(value));
  if (keyword === 'const')
    return typeof rule === 'object' && rule !== null ? 'unsure' : answer(rule === value);
  const test = TEXT[keyword] ?? NUMBER[keyword] ?? LIST[keyword] ?? MAP[keyword];
  if (!test) return 'unsure';
  if (keyword in TEXT) return typeof value === 'string' ? test(rule, value as never, schema) : 'yes';
  if (keyword in NUMBER) return typeof value === 'number' ? test(rule, value as never, schema) : 'yes';
  if (keyword in LIST) return Array.isArray(value) ? test(rule, value as never, schema) : 'yes';
  return isMap(value) ? test(rule, value as never, schema) : 'yes';
}

/** A secret is text of which nothing is said. */
function judgeSecret(keyword: string, rule: unknown): Verdict {
  if (keyword === 'type') return answer(hasType(rule, 'text'));
  return keyword in TEXT || keyword === 'enum' || keyword === 'const' ? 'maybe' : 'yes';
}

type Rule<T> = (rule: unknown, value: T, schema: Schema) => Verdict;

const COMBINED: Readonly<Record<string, Rule<unknown>>> = {
  allOf: (rule, value) => all(options(rule), (option) => judge(option, value)),
  anyOf: (rule, value) => {
    const verdicts = options(rule).map((option) => judge(option, value));
    return verdicts.includes('yes')
      ? 'yes'
      : ((['unsure', 'maybe'] as const).find((one) => verdicts.includes(one)) ?? 'no');
  },
  oneOf: (rule, value) => {
    const verdicts = options(rule).map((option) => judge(option, value));
    const sure = verdicts.filter((verdict) => verdict === 'yes').length;
    if (sure > 1) return 'no';
    return (['unsure', 'maybe'] as const).find((one) => verdicts.includes(one)) ?? answer(sure === 1);
  },
  not: (rule, value) => {
    const verdict = judge(rule as JsonSchema, value);
    return verdict === 'yes' ? 'no' : verdict === 'no' ? 'yes' : verdict;
  },
  if: (rule, value, schema) => {
    const verdict = judge(rule as JsonSchema, value);
    if (verdict !== 'yes' && verdict !== 'no') return verdict;
    const branch = verdict === 'yes' ? schema.then : schema.else;
    return branch === undefined ? 'yes' : judge(branch as JsonSchema, value);
  },
};

function options(rule: unknown): readonly JsonSchema[] {
  return Array.isArray(rule) ? (rule as readonly JsonSchema[]) : [];
}

const TEXT: Readonly<Record<string, Rule<string>>> = {
  format: (rule, value) => {
    const pattern = FORMATS[String(rule)];
    if (pattern) return answer(pattern.test(value));
    const open = (OPEN_FORMATS as readonly unknown[]).includes(rule) || STEP_FORMAT.test(String(rule));
    return open ? 'yes' : 'unsure';
  },
  pattern: (rule, value) => answer(new RegExp(String(rule), 'u').test(value)),
  minLength: (rule, value) => answer([...value].length >= Number(rule)),
  maxLength: (rule, value) => answer([...value].length <= Number(rule)),
};

const NUMBER: Readonly<Record<string, Rule<number>>> = {
  minimum: (rule, value) => answer(value >= Number(rule)),
  maximum: (rule, value) => answer(value <= Number(rule)),
  exclusiveMinimum: (rule, value) => answer(value > Number(rule)),
  exclusiveMaximum: (rule, value) => answer(value < Number(rule)),
};

const LIST: Readonly<Record<string, Rule<readonly unknown[]>>> = {
  items: (rule, value) => all(value, (item) => judge(rule as JsonSchema, item)),
  minItems: (rule, value) => answer(value.length >= Number(rule)),
  maxItems: (rule, value) => answer(value.length <= Number(rule)),
  uniqueItems: (rule, value) => {
    if (rule === false) return 'yes';
    if (value.some((item) => item instanceof Unknown || item instanceof Secret)) return 'maybe';
    if (value.some((item) => item !== null && typeof item === 'object')) return 'unsure';
    return answer(new Set(value).size === value.length);
  },
};

const MAP: Readonly<Record<string, Rule<Schema>>> = {
  properties: (rule, value) =>
    isMap(rule)
      ? all(Object.keys(value), (name) =>
          Object.hasOwn(rule, name) ? judge(rule[name] as JsonSchema, value[name]) : 'yes',
        )
      : 'unsure',
  required: (rule, value) =>
    answer(Array.isArray(rule) && rule.every((name) => Object.hasOwn(value, String(name)))),
  additionalProperties: (rule, value, schema) => {
    if (Object.hasOwn(schema, 'patternProperties')) return 'unsure';
    const known = isMap(schema.properties) ? schema.properties : {};
    return all(Object.keys(value), (name) =>
      Object.hasOwn(known, name) ? 'yes' : judge(rule as JsonSchema, value[name]),
    );
  },
  propertyNames: (rule, value) => all(Object.keys(value), (name) => judge(rule as JsonSchema, name)),
  minProperties: (rule, value) => answer(Object.keys(value).length >= Number(rule)),
  maxProperties: (rule, value) => answer(Object.keys(value).length <= Number(rule)),
  dependentRequired: (rule, value) =>
    isMap(rule)
      ? all(Object.entries(rule), ([name, others]) =>
          answer(
            !Object.hasOwn(value, name) ||
              (Array.isArray(others) && others.every((other) => Object.hasOwn(value, String(other)))),
          ),
        )
      : 'unsure',
};

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
