/** What each keyword of a schema asks of a value, made ready to be asked of many. */
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import { FORMATS, isMap, type JsonSchema, OPEN_FORMATS, STEP_FORMAT } from '../source/json-schema.ts';
import { type Grade, type Grader, MAYBE, NO, UNSURE, worst, YES } from './grade.ts';
import { type Rule, type Sort, typeRule } from './judge-type.ts';

type Schema = Readonly<Record<string, unknown>>;
type Make = (schema: JsonSchema) => Grader;

/** `make` makes the graders of schemas within it. */
export function ruleOf(keyword: string, schema: Schema, make: Make): Rule {
  const rule = schema[keyword];
  if (keyword === 'type') return typeRule(rule);
  if (keyword === 'enum' || keyword === 'const') return unlessSecret(oneOf(keyword, rule), MAYBE);
  const combined = own(COMBINED, keyword)?.(rule, schema, make);
  if (combined) return () => combined;
  const text = own(TEXT, keyword)?.(rule, schema, make);
  if (text)
    return (sort) => (sort === 'text' ? (text as Grader) : sort === 'secret' ? () => MAYBE : undefined);
  const number = own(NUMBER, keyword)?.(Number(rule));
  if (number) return onlyFor('number', number as Grader);
  const list = own(LIST, keyword)?.(rule, schema, make);
  if (list) return onlyFor('list', list as Grader);
  const map = own(MAP, keyword)?.(rule, schema, make);
  if (map) return onlyFor('map', map as Grader);
  return unlessSecret(() => UNSURE, YES);
}

function own<T>(table: Readonly<Record<string, T>>, keyword: string): T | undefined {
  return Object.hasOwn(table, keyword) ? table[keyword] : undefined;
}

function grade(holds: boolean): Grade {
  return holds ? YES : NO;
}

function unlessSecret(rule: Grader, secret: Grade): Rule {
  return (sort) => (sort === 'secret' ? (secret === YES ? undefined : () => secret) : rule);
}

/** A keyword says nothing of values of another sort. */
function onlyFor(wanted: Sort, rule: Grader): Rule {
  return (sort) => (sort === wanted ? rule : undefined);
}

function oneOf(keyword: 'enum' | 'const', rule: unknown): Grader {
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
    return (value) => worstOf(value, (name) => known.get(name)?.(value[name]) ?? YES);
  },
  required: (rule) => {
    const names = Array.isArray(rule) ? rule.map(String) : undefined;
    return (value) => grade(names?.every((name) => Object.hasOwn(value, name)) ?? false);
  },
  additionalProperties: (rule, schema, make) => {
    if (Object.hasOwn(schema, 'patternProperties')) return () => UNSURE;
    const known = new Set(isMap(schema.properties) ? Object.keys(schema.properties) : []);
    const other = make(rule as JsonSchema);
    return (value) => worstOf(value, (name) => (known.has(name) ? YES : other(value[name])));
  },
  propertyNames: (rule, _, make) => {
    const name = make(rule as JsonSchema);
    return (value) => worstOf(value, name);
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

/** The worst of what each name of a map is graded; without a list of the names, as that costs more than the grading. */
function worstOf(map: Schema, one: (name: string) => Grade): Grade {
  let found: Grade = YES;
  for (const name in map) {
    const each = Object.hasOwn(map, name) ? one(name) : YES;
    if (each === NO) return NO;
    if (each > found) found = each;
  }
  return found;
}
