/** Ways down a schema. */
import { isMap, type JsonSchema } from '../source/json-schema.ts';

/** The schema of what lies under a key (`items` for a list's items), through anyOf and its like. */
export function below(schema: JsonSchema | undefined, key: string): JsonSchema | undefined {
  if (!isMap(schema)) return undefined;
  if (key === 'items' && schema.items !== undefined) return schema.items as JsonSchema;
  const properties = isMap(schema.properties) ? schema.properties : {};
  if (Object.hasOwn(properties, key)) return properties[key] as JsonSchema;
  const options = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  for (const option of options) {
    const found = below(option as JsonSchema, key);
    if (found !== undefined) return found;
  }
  return schema.additionalProperties as JsonSchema | undefined;
}
