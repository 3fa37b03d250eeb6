/** The fast half of schema checking: says "conforms" without a library; whatever it does not know goes to schema.ts. */
import { isMap, type JsonSchema, judge } from './judge.ts';

/** True when nothing is wrong with the value as far as it is known; false: ask the library. */
export function conforms(schema: JsonSchema, value: unknown): boolean {
  const verdict = judge(schema, value);
  return verdict === 'yes' || verdict === 'maybe';
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
    else if (isMap(rule) && rule.default !== undefined)
      out[name] = typeof rule.default === 'object' ? structuredClone(rule.default) : rule.default;
  }
  const rest = schema.additionalProperties;
  if (isMap(rest)) {
    for (const name of Object.keys(out)) {
      if (!Object.hasOwn(properties, name)) out[name] = withDefaults(rest, out[name]);
    }
  }
  return out;
}
