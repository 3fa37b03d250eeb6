/** A schema of parameters in the words of people: for `run tasks` and the pages made of it. */
import { isMap } from '../source/json-schema.ts';

export interface ParamDoc {
  /** `name`, or the path to it within the parameters: `peers[].port`, `values.*`. */
  readonly name: string;
  /** `text`, `whole number from 1 to 65535`, `list of paths on the host`, … */
  readonly type: string;
  readonly required: boolean;
  /** As it is written in YAML; undefined where there is none. */
  readonly default?: string;
  readonly description: string;
  /** How deep it stands: 0 is a parameter itself. */
  readonly depth: number;
}

type Keywords = Readonly<Record<string, unknown>>;

/** Every parameter, each followed by what stands in it. */
export function describeParams(schema: unknown): readonly ParamDoc[] {
  return inside(schema, '', 0);
}

function inside(schema: unknown, path: string, depth: number): readonly ParamDoc[] {
  if (!isMap(schema) || depth > 4) return [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  const properties = isMap(schema.properties) ? Object.entries(schema.properties) : [];
  const named = properties.flatMap(([name, each]) =>
    isMap(each) ? described(`${path}${name}`, each, required.includes(name), depth) : [],
  );
  const others = schema.additionalProperties;
  const free = isMap(others) && hasInside(others) ? inside(others, `${path}*.`, depth) : [];
  return [...named, ...free];
}

function described(name: string, schema: Keywords, required: boolean, depth: number): readonly ParamDoc[] {
  const { description, default: fallback } = schema;
  const doc: ParamDoc = {
    name,
    type: typeWords(schema),
    required,
    ...(fallback === undefined ? {} : { default: JSON.stringify(fallback) }),
    description: typeof description === 'string' ? description : '',
    depth,
  };
  return [doc, ...below(name, schema, depth)];
}

/** What stands in a map, in the items of a list, or in one of several shapes. */
function below(name: string, schema: Keywords, depth: number): readonly ParamDoc[] {
  const lists = isMap(schema.items) ? below(`${name}[]`, schema.items, depth) : [];
  const shapes = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const deeper = shapes.flatMap((shape) => (isMap(shape) ? below(name, shape, depth) : []));
  const found = [...inside(schema, `${name}.`, depth + 1), ...lists, ...deeper];
  return found.filter((doc, index) => found.findIndex((other) => other.name === doc.name) === index);
}

function hasInside(schema: Keywords): boolean {
  return isMap(schema.properties);
}

/** A type as people say it. */
export function typeWords(schema: unknown): string {
  if (!isMap(schema)) return 'anything';
  if (Array.isArray(schema.enum)) return schema.enum.map((word) => code(word)).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  const shapes = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  if (schema.type === undefined && shapes.length > 0) return either(shapes.map(typeWords));
  const types = [schema.type ?? []].flat().map(String);
  return types.length === 0 ? 'anything' : either(types.map((type) => oneType(type, schema)));
}

function oneType(type: string, schema: Keywords): string {
  switch (type) {
    case 'string':
      return textWords(schema);
    case 'integer':
      return `whole number${between(schema.minimum, schema.maximum)}`;
    case 'number':
      return `number${between(schema.minimum, schema.maximum)}`;
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return listWords(schema);
    case 'object':
      return mapWords(schema);
    default:
      return 'nothing';
  }
}

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  'abs-path': 'path on the host',
  mode: 'mode like `"0644"`',
  secret: 'text, may be secret',
  'local-file': 'file beside the runbook',
  'local-path': 'file or folder beside the runbook',
  'host-group': 'group of hosts',
};

function textWords({ format }: Keywords): string {
  const step = /^step:(\w+)$/.exec(String(format ?? ''))?.[1];
  return step === undefined ? (FORMAT_WORDS[String(format)] ?? 'text') : `id of a \`${step}\` step`;
}

function listWords({ items }: Keywords): string {
  const each = isMap(items) ? typeWords(items) : 'values';
  return `list of ${each.includes(' or ') ? `(${many(each)})` : many(each)}`;
}

function mapWords({ additionalProperties, properties }: Keywords): string {
  if (!isMap(additionalProperties) || isMap(properties)) return 'map';
  const each = isMap(additionalProperties.properties) ? 'map' : typeWords(additionalProperties);
  return `map of ${many(each)}`;
}

/** `path on the host` as `paths on the host`. */
function many(words: string): string {
  return words.replace(/(^| or )(whole number|number|path|map|list|group|id|file|mode)\b/g, '$1$2s');
}

function between(least: unknown, most: unknown): string {
  if (least === undefined) return most === undefined ? '' : ` up to ${most}`;
  return most === undefined ? ` from ${least}` : ` from ${least} to ${most}`;
}

function either(words: readonly string[]): string {
  return [...new Set(words)].join(' or ');
}

function code(word: unknown): string {
  return `\`${typeof word === 'string' ? word : JSON.stringify(word)}\``;
}
