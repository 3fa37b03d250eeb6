/** What a value that breaks a schema is told, in words. */

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
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly propertyNames?: { readonly pattern?: string };
  };
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'a string',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  null: 'empty',
};

export function typeWord(type: string): string {
  return TYPE_WORDS[type] ?? type;
}

/** Ids of steps, names of variables and groups: expressions use them as names. */
export const NAME = '^[a-z][a-z0-9_]*$';
const NAME_RULE = 'must be small letters, digits and _, beginning with a letter';

export function plainMessage(error: AjvError): string {
  const format = error.keyword === 'format' ? String(error.params.format) : '';
  if (format === 'mode') return 'must be a mode such as "0644"';
  if (format === 'abs-path') return 'must be an absolute path';
  if (error.keyword === 'minItems')
    return error.params.limit === 1 ? 'is empty' : `needs at least ${error.params.limit}`;
  if (error.keyword === 'minLength')
    return error.params.limit === 1 ? 'is empty' : `is shorter than ${error.params.limit} characters`;
  if (error.keyword === 'pattern' && error.params.pattern === NAME) return NAME_RULE;
  if (error.keyword === 'anyOf' || error.keyword === 'oneOf') return choiceMessage(error);
  return error.message ?? `breaks the rule "${error.keyword}"`;
}

/** A choice between names that must be there is told by the names. */
function choiceMessage(error: AjvError): string {
  const options = Array.isArray(error.schema)
    ? (error.schema as readonly { readonly required?: unknown }[])
    : [];
  const names = options.flatMap((option) =>
    Array.isArray(option.required) ? option.required.map(String) : [],
  );
  if (names.length === 0 || names.length !== options.length) return 'has none of the allowed forms';
  return error.keyword === 'oneOf'
    ? `wants exactly one of ${names.join(', ')}`
    : `wants one of ${names.join(', ')}`;
}
