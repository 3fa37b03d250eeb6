/** What each keyword of a schema asks of a value, made ready to be asked of many. */
import { Secret } from '../base/secret.ts';
import { Unknown } from '../base/unknown.ts';
import { type Grade, type Grader, MAYBE, NO, UNSURE, worst, YES } from './grade.ts';
import { FORMATS, isMap, type JsonSchema, OPEN_FORMATS, STEP_FORMAT } from './json-schema.ts';

type Schema = Readonly<Record<string, unknown>>;
type Make = (schema: JsonSchema) => Grader;

/** The rule that a keyword makes, for known values; `make` makes those of schemas within it. */
export function ruleOf(keyword: string, schema: Schema, make: Make): Grader {
  const rule = schema[keyword];
  if (keyword === 'type') return (value) => grade(hasType(rule, value instanceof Secret ? '' : value));
  if (keyword === 'enum' || keyword === 'const') return unlessSecret(MAYBE, one(keyword, rule));
  const combined = own(COMBINED, keyword);
  if (combined) return combined(rule, schema, make);
  const text = own(TEXT, keyword);
  if (text)
    return unlessSecret(
      MAYBE,
      only((value) => typeof value === 'string', text(rule, schema, make)),
    );
  const number = own(NUMBER, keyword);
  if (number)
    return unlessSecret(
      YES,
      only((value) => typeof value === 'number', number(Number(rule))),
    );
  const list = own(LIST, keyword);
  if (list) return unlessSecret(YES, only(Array.isArray, list(rule, schema, make)));
  const map = own(MAP, keyword);
  return unlessSecret(YES, map ? only(isMap, map(rule, schema, make)) : () => UNSURE);
}

function own<T>(table: Readonly<Record<string, T>>, keyword: string): T | undefined {
  return Object.hasOwn(table, keyword) ? table[keyword] : undefined;
}

function grade(holds: boolean): Grade {
  return holds ? YES : NO;
}

/** A secret is text of which nothing is said. */
function unlessSecret(secret: Grade, rule: Grader): Grader {
  return (value) => (value instanceof Secret ? secret : rule(value));
}

/** A keyword says nothing of values of another type. */
function only<T>(applies: (value: unknown) => boolean, rule: (value: T) => Grade): Grader {
  return (value) => (applies(value) ? rule(value as T) : YES);
}

function one(keyword: 'enum' | 'const', rule: unknown): Grader {
  if (keyword === 'enum') return (value) => grade(Array.isArray(rule) && rule.includes(value));
  if (typeof rule === 'object' && rule !== null) return () => UNSURE;
  return (value) => grade(rule === value);
}

type Rules<T> = Readonly<Record<string, (rule: unknown, schema: Schema, make: Make) => (value: T) => Grade>>;

const COMBINED: Rules<unknown> = {
  allOf: (rule, _, make) => {
    const all = graders(rule, make);
    return (value) => worst(all, (each) => each(value));
  },
  anyOf: (rule, _, make) => {
    const all = graders(rule, make);
    return (value) => {
      const grades = all.map((each) => each(value));
      return grades.includes(YES) ? YES : (doubt(grades) ?? NO);
    };
  },
  oneOf: (rule, _, make) => {
    const all = graders(rule, make);
    return (value) => {
      const grades = all.map((each) => each(value));
      const sure = grades.filter((each) => each === YES).length;
      return sure > 1 ? NO : (doubt(grades) ?? grade(sure === 1));
    };
  },
  not: (rule, _, make) => {
    const inner = make(rule as JsonSchema);
    return (value) => {
      const found = inner(value);
      return found === YES ? NO : found === NO ? YES : found;
    };
  },
  if: (rule, { then: yes = true, else: no = true }, make) => {
    const [test, met, unmet] = [rule, yes, no].map((each) => make(each as JsonSchema));
    return (value) => {
      const found = test?.(value) ?? UNSURE;
      if (found === MAYBE || found === UNSURE) return found;
      return (found === YES ? met : unmet)?.(value) ?? UNSURE;
    };
  },
};

function graders(rule: unknown, make: Make): readonly Grader[] {
  return Array.isArray(rule) ? (rule as readonly JsonSchema[]).map(make) : [];
}

function doubt(grades: readonly Grade[]): Grade | undefined {
  if (grades.includes(UNSURE)) return UNSURE;
  return grades.includes(MAYBE) ? MAYBE : undefined;
}

const TEXT: Rules<string> = {
  format: (rule) => {
    const pattern = FORMATS[String(rule)];
    if (pattern) return (value) => grade(pattern.test(value));
    const open = (OPEN_FORMATS as readonly unknown[]).includes(rule) || STEP_FORMAT.test(String(rule));
    return () => (open ? YES : UNSURE);
  },
  pattern: (rule) => {
    let pattern: RegExp | undefined;
    return (value) => {
      // Made when it is first needed: a pattern that is none is told where a value meets it.
      pattern ??= new RegExp(String(rule), 'u');
      return grade(pattern.test(value));
    };
  },
  minLength: (rule) => (value) => grade(lengthOf(value) >= Number(rule)),
  maxLength: (rule) => (value) => grade(lengthOf(value) <= Number(rule)),
};

/** In characters: those beyond 16 bits count once. */
function lengthOf(text: string): number {
  return SURROGATE.test(text) ? [...text].length : text.length;
}

const SURROGATE = /[\ud800-\udfff]/;

const NUMBER: Readonly<Record<string, (limit: number) => (value: number) => Grade>> = {
  minimum: (limit) => (value) => grade(value >= limit),
  maximum: (limit) => (value) => grade(value <= limit),
  exclusiveMinimum: (limit) => (value) => grade(value > limit),
  exclusiveMaximum: (limit) => (value) => grade(value < limit),
};

const LIST: Rules<readonly unknown[]> = {
  items: (rule, _, make) => {
    const item = make(rule as JsonSchema);
    return (value) => worst(value, item);
  },
  minItems: (rule) => (value) => grade(value.length >= Number(rule)),
  maxItems: (rule) => (value) => grade(value.length <= Number(rule)),
  uniqueItems: (rule) => (value) => {
    if (rule === false) return YES;
    if (value.some((item) => item instanceof Unknown || item instanceof Secret)) return MAYBE;
    if (value.some((item) => item !== null && typeof item === 'object')) return UNSURE;
    return grade(new Set(value).size === value.length);
  },
};

const MAP: Rules<Schema> = {
  properties: (rule, _, make) => {
    if (!isMap(rule)) return () => UNSURE;
    const known = new Map(Object.entries(rule).map(([name, each]) => [name, make(each as JsonSchema)]));
    return (value) => worst(Object.keys(value), (name) => known.get(name)?.(value[name]) ?? YES);
  },
  required: (rule) => {
    const names = Array.isArray(rule) ? rule.map(String) : undefined;
    return (value) => grade(names?.every((name) => Object.hasOwn(value, name)) ?? false);
  },
  additionalProperties: (rule, schema, make) => {
    if (Object.hasOwn(schema, 'patternProperties')) return () => UNSURE;
    const known = isMap(schema.properties) ? schema.properties : {};
    const other = make(rule as JsonSchema);
    return (value) =>
      worst(Object.keys(value), (name) => (Object.hasOwn(known, name) ? YES : other(value[name])));
  },
  propertyNames: (rule, _, make) => {
    const name = make(rule as JsonSchema);
    return (value) => worst(Object.keys(value), name);
  },
  minProperties: (rule) => (value) => grade(Object.keys(value).length >= Number(rule)),
  maxProperties: (rule) => (value) => grade(Object.keys(value).length <= Number(rule)),
  dependentRequired: (rule) => {
    if (!isMap(rule)) return () => UNSURE;
    const others = Object.entries(rule);
    return (value) =>
      worst(others, ([name, wanted]) =>
        grade(
          !Object.hasOwn(value, name) ||
            (Array.isArray(wanted) && wanted.every((other) => Object.hasOwn(value, String(other)))),
        ),
      );
  },
};

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
