/** What a value that breaks a schema is told, in words. */
import { mustBe, shownValue } from './schema-word.ts';

/** A fault as ajv has it. */
export interface AjvError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly propertyName?: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
  readonly schema?: unknown;
  readonly parentSchema?: {
    readonly $comment?: string;
    readonly description?: string;
    readonly examples?: readonly unknown[];
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly propertyNames?: { readonly pattern?: string; readonly $comment?: string };
  };
}

/** Ids of steps, names of variables and groups: expressions use them as names. */
export const NAME = '^[a-z][a-z0-9_]*$';
const NAME_RULE = 'must be small letters, digits and _, beginning with a letter';

type Word = (error: AjvError, limit: number) => string;

const FORMS: Readonly<Record<string, string>> = {
  mode: 'must be permission bits in octal, in quotes, such as "0644"',
  ip: 'must be an IP address, such as 10.1.0.1',
  cidr: 'must be an address with the length of its prefix, such as 10.1.0.0/16',
};

const WORDS: Readonly<Record<string, Word>> = {
  format: ({ params }) => FORMS[String(params.format)] ?? 'must be an absolute path',
  pattern: (error) => {
    if (error.params.pattern === NAME) return NAME_RULE;
    const about = error.parentSchema?.description;
    return about === undefined
      ? `must match the pattern ${String(error.params.pattern)}`
      : `does not have the right form (${about.replace(/\.$/, '')})`;
  },
  minLength: (_, limit) => (limit === 1 ? 'is empty' : `must have at least ${limit} characters`),
  maxLength: (_, limit) => `must have at most ${limit} characters`,
  minItems: (_, limit) => (limit === 1 ? 'is empty' : `must have at least ${limit} items`),
  maxItems: (_, limit) => `must have at most ${limit} item${limit === 1 ? '' : 's'}`,
  minProperties: (_, limit) => (limit === 1 ? 'is empty' : `must have at least ${limit} keys`),
  maxProperties: (_, limit) => `must have at most ${limit} key${limit === 1 ? '' : 's'}`,
  minimum: (_, limit) => `must be ${limit} or more`,
  maximum: (_, limit) => `must be ${limit} or less`,
  exclusiveMinimum: (_, limit) => `must be more than ${limit}`,
  exclusiveMaximum: (_, limit) => `must be less than ${limit}`,
  multipleOf: ({ params }) => `must be a multiple of ${String(params.multipleOf)}`,
  const: ({ params }) => `must be ${shownValue(params.allowedValue)}`,
  uniqueItems: ({ data, params }) => `has ${twice(data, params)} twice`,
};

/** Of these the value itself says nothing that the message does not. */
const BARE: ReadonlySet<string> = new Set([
  'uniqueItems',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
]);

export function plainMessage(error: AjvError): string {
  if (error.keyword === 'anyOf' || error.keyword === 'oneOf') return choiceMessage(error);
  const limit = Number(error.params.limit);
  const text = WORDS[error.keyword]?.(error, limit) ?? error.message ?? `breaks "${error.keyword}"`;
  const empty = text === 'is empty' || BARE.has(error.keyword);
  return empty ? text : withValue(text, error.data);
}

/** `…, not "abc"`: what is there, where that is a plain value. */
export function withValue(text: string, data: unknown): string {
  if (data === null) return `${text}, and nothing stands there`;
  const value = shownValue(data);
  return value === undefined ? text : `${text}, not ${value}`;
}

function twice(data: unknown, { i }: AjvError['params']): string {
  const item = Array.isArray(data) ? shownValue(data[Number(i)]) : undefined;
  return item ?? 'an item';
}

/** A choice between names that must be there is told by the names; one between values by what they may be. */
function choiceMessage(error: AjvError): string {
  const options = Array.isArray(error.schema) ? (error.schema as readonly unknown[]) : [];
  const names = options.flatMap((option) => {
    const required = option === null || typeof option !== 'object' ? [] : Reflect.get(option, 'required');
    return Array.isArray(required) ? required.map(String) : [];
  });
  if (names.length > 0 && names.length === options.length) {
    return error.keyword === 'oneOf'
      ? `wants exactly one of ${names.join(', ')}`
      : `wants one of ${names.join(', ')}`;
  }
  const ways = mustBe(options);
  return ways === undefined ? 'has none of the allowed forms' : withValue(`must be ${ways}`, error.data);
}
