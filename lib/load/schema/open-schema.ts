/** A schema of values as a schema of what may be written for them: wherever a value stands, an expression may stand. */
import { FORMATS, isMap, type JsonSchema } from '../source/json-schema.ts';

type Keywords = Readonly<Record<string, unknown>>;

/** A keyword, not a method of a promise. */
export const THEN = 'then';
/** What text with an expression in it looks like. */
const EXPRESSION = '\\$\\{\\{';

/** JSON Schema draft-07, as editors know that one best. Errs on the side of letting through. */
export function openSchema(schema: unknown): JsonSchema {
  return open(schema, false);
}

/** `sure`: for rules that forbid (`not`, `if`), which an expression does not break as long as it has no value. */
function open(schema: unknown, sure: boolean): JsonSchema {
  if (!isMap(schema)) return schema !== false;
  const inside: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) Object.assign(inside, opened(keyword, value, sure));
  return sure ? inside : lenient(branched(schema, inside));
}

/** One keyword with the schemas that stand in it. */
function opened(keyword: string, value: unknown, sure: boolean): Keywords {
  switch (keyword) {
    case 'properties':
    case 'patternProperties':
      return { [keyword]: mapped(value, (each) => open(each, sure)) };
    case 'items':
    case 'additionalProperties':
    case 'contains':
      return { [keyword]: open(value, sure) };
    case 'prefixItems':
      return { items: listed(value, (each) => open(each, sure)) };
    case 'allOf':
    case 'anyOf':
    case 'oneOf':
      return { [keyword]: listed(value, (each) => open(each, sure)) };
    case 'not':
      return { not: open(value, !sure) };
    case 'dependentRequired':
      return { dependencies: value };
    case 'format':
      return formatted(String(value));
    default:
      return { [keyword]: value };
  }
}

/** Of several branches an expression may fit more than one; and of a condition nobody knows which way it goes. */
function branched(schema: Keywords, inside: Keywords): Keywords {
  const { oneOf, if: condition, [THEN]: yes, else: no, ...rest } = inside;
  const rules: unknown[] = [];
  if (condition !== undefined && yes !== undefined)
    rules.push({ if: open(condition, true), [THEN]: open(yes, false) });
  if (condition !== undefined && no !== undefined)
    rules.push({ if: open(condition, false), else: open(no, false) });
  const exact = oneOf === undefined || JSON.stringify(oneOf) === JSON.stringify(schema.oneOf);
  const all = [...(Array.isArray(rest.allOf) ? rest.allOf : []), ...rules];
  if (oneOf !== undefined && !exact) {
    if (rest.anyOf === undefined) Object.assign(rest, { anyOf: oneOf });
    else all.push({ anyOf: oneOf });
  }
  return {
    ...rest,
    ...(exact && oneOf !== undefined ? { oneOf } : {}),
    ...(all.length > 0 ? { allOf: all } : {}),
  };
}

/** The value itself, or an expression. */
function lenient(schema: Keywords): JsonSchema {
  const { enum: words, const: word, maxLength: _, ...rest } = schema;
  const about = { description: rest.description, default: rest.default };
  const shown = Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined));
  if (words !== undefined || word !== undefined) {
    const { type: __, ...others } = rest;
    const value = words === undefined ? { const: word } : { enum: words };
    return { ...shown, anyOf: [{ ...others, ...value }, expression(wordsOf(words ?? [word]))] };
  }
  if (rest.type === undefined) return rest;
  const types = [rest.type].flat().map(String);
  if (!types.includes('string')) {
    const message = `must be ${types.map(typeWord).join(' or ')}, or an expression "\${{ … }}"`;
    return { ...rest, type: [...types, 'string'], pattern: EXPRESSION, patternErrorMessage: message };
  }
  const { pattern } = rest;
  if (typeof pattern !== 'string') return rest;
  const told =
    rest.patternErrorMessage ??
    rest.$comment ??
    `does not have the right form: ${rest.description ?? pattern}`;
  return { ...rest, pattern: `(?:${pattern})|${EXPRESSION}`, patternErrorMessage: told };
}

/** What is wrong with text that does not fit a format of ours. */
const FORM_WORDS: Readonly<Record<string, string>> = {
  'abs-path': 'must be a path on the host: it begins with "/"',
  mode: 'must be permission bits in octal, in quotes: "0644"',
};

function formatted(format: string): Keywords {
  const rule = FORMATS[format];
  const pattern = rule instanceof RegExp ? rule.source : undefined;
  return pattern === undefined ? {} : { pattern, patternErrorMessage: FORM_WORDS[format] };
}

function expression(wanted: string): Keywords {
  const message = `must be ${wanted}, or an expression "\${{ … }}"`;
  return { type: 'string', pattern: EXPRESSION, patternErrorMessage: message };
}

function wordsOf(words: unknown): string {
  return [words].flat().map(String).join(' or ');
}

function typeWord(type: string): string {
  const words: Keywords = { integer: 'a whole number', number: 'a number', boolean: 'true or false' };
  return String(words[type] ?? (type === 'array' ? 'a list' : type === 'object' ? 'a map' : 'nothing'));
}

function mapped(value: unknown, change: (schema: unknown) => JsonSchema): Keywords {
  return Object.fromEntries(
    Object.entries(isMap(value) ? value : {}).map(([name, each]) => [name, change(each)]),
  );
}

function listed(value: unknown, change: (schema: unknown) => JsonSchema): readonly JsonSchema[] {
  return Array.isArray(value) ? value.map(change) : [];
}
