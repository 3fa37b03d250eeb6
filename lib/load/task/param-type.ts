/** Parameters whose values are not known yet, but whose types are: what can never fit is told before connecting. */

import { type Type, typeWords } from '../expression/type.ts';
import { TypedUnknown } from '../expression/typed-unknown.ts';
import { couldFit } from '../schema/judge-unknown.ts';
import type { Violation } from '../schema/schema.ts';
import { below } from '../schema/schema-below.ts';
import { orTypes } from '../schema/schema-word.ts';
import { isMap, type JsonSchema } from '../source/json-schema.ts';

export function misplacedTypes(
  schema: JsonSchema | undefined,
  value: unknown,
  path: readonly (string | number)[],
): readonly Violation[] {
  if (value instanceof TypedUnknown) {
    if (schema === undefined || couldFit(schema, value)) return [];
    return [violation(schema, value.type, path)];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => misplacedTypes(below(schema, 'items'), item, [...path, index]));
  }
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    misplacedTypes(below(schema, key), item, [...path, key]),
  );
}

function violation(schema: JsonSchema, type: Type, path: readonly (string | number)[]): Violation {
  const wanted = isMap(schema) && schema.type !== undefined ? [schema.type].flat().map(String) : [];
  const given = typeWords(type);
  const message =
    wanted.length > 0
      ? `must be ${orTypes(wanted)}; this will be ${given}`
      : `this will be ${given}, which it cannot be`;
  const hint = hintFor(wanted, type);
  return { code: 'wrong-type', message, path, ...(hint === undefined ? {} : { hint }) };
}

function hintFor(wanted: readonly string[], { kind }: Type): string | undefined {
  const number = kind === 'int' || kind === 'number';
  if (wanted.includes('string') && number) return 'make it a text: string(…)';
  if (wanted.includes('string') && kind === 'list') return 'make it a text: .join(", ")';
  if (wanted.includes('array') && kind === 'text') return 'make it a list: [ … ], or .split(",")';
  return wanted.some((each) => each === 'integer' || each === 'number') && kind === 'text'
    ? 'make it a number: int(…)'
    : undefined;
}
