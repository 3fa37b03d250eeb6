/** Whether the schema of a project's task is one: asked once for each version of its module, as the library is slow to load. */

import { openAjv } from '../schema/schema.ts';
import { isMap, STEP_FORMAT } from '../source/json-schema.ts';

/** What is wrong, with the name of the parameter where it is about one; undefined: nothing. */
export interface SchemaFault {
  readonly message: string;
  readonly parameter?: string;
}

export function taskSchemaFault(params: unknown): SchemaFault | undefined {
  if (!isMap(params)) return { message: 'params is no schema' };
  const { properties, required = [], additionalProperties } = params;
  if (!isMap(properties)) return { message: 'its `properties` are no map' };
  if (additionalProperties !== false)
    return { message: 'it says not `additionalProperties: false`: misspelt parameters would be taken' };
  if (!Array.isArray(required)) return { message: 'its `required` is no list' };
  const absent = required.find((name) => !Object.hasOwn(properties, String(name)));
  if (absent !== undefined)
    return { message: `it requires "${absent}", which is none of its properties`, parameter: String(absent) };
  const fault = schemaFault(params);
  if (fault === undefined) return undefined;
  const [under, parameter] = fault.path;
  const named = under === 'properties' && parameter !== undefined;
  const shown = (named ? fault.path.slice(1) : fault.path).join('.');
  const message = shown === '' ? fault.message : `${shown}: ${fault.message}`;
  return named ? { message, parameter } : { message };
}

/** Why a schema is none, misspelt keywords and formats included; `path` leads to the place within it. */
function schemaFault(
  schema: object,
): { readonly message: string; readonly path: readonly string[] } | undefined {
  const ajv = openAjv({ strictSchema: true, strictTypes: false, strictTuples: false });
  for (const [, format = ''] of JSON.stringify(schema).matchAll(/"format":"(step:[^"]*)"/g))
    if (STEP_FORMAT.test(format)) ajv.addFormat(format, true);
  try {
    if (ajv.validateSchema(schema) === true) {
      ajv.compile(schema);
      return undefined;
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const path = /at path "#([^"]*)"/.exec(message)?.[1] ?? keywordPath(schema, message);
    return {
      message: message.replace(/^strict mode: | ignored in schema at path.*$/g, ''),
      path: split(path),
    };
  }
  const [fault] = ajv.errors ?? [];
  return { message: fault?.message ?? 'it is no JSON Schema', path: split(fault?.instancePath ?? '') };
}

function split(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '');
}

/** The library names an unknown keyword, and not where it stands. */
function keywordPath(schema: object, message: string): string {
  const [, keyword] = /unknown keyword: "([^"]+)"/.exec(message) ?? [];
  if (keyword === undefined) return '';
  const find = (value: unknown, path: string): string | undefined => {
    if (value === null || typeof value !== 'object') return undefined;
    if (Object.hasOwn(value, keyword)) return path;
    for (const [name, item] of Object.entries(value)) {
      const found = find(item, `${path}/${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return find(schema, '') ?? '';
}
