/** Parameters of a task: defaults, local paths, and the checks of its schema, at load and again with final values. */
import { resolve } from 'node:path';
import { RunError } from '../../base/error.ts';
import { formatPlace, type Place, type Problem } from '../../base/problem.ts';
import type { ProblemCode } from '../../base/problem-code.ts';
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { AnyTask } from '../../model/task.ts';
import { filler } from '../schema/conform.ts';
import { MAYBE } from '../schema/grade.ts';
import { grader } from '../schema/judge.ts';
import { exactCheck, type Violation } from '../schema/schema.ts';
import { below } from '../schema/schema-below.ts';
import { isMap, type JsonSchema } from '../source/json-schema.ts';
import { misplacedTypes } from './param-type.ts';

/** What a task asks of its parameters, made ready: a step has them on each of its hosts. */
export interface ParamShape {
  readonly task: AnyTask;
  /** With defaults filled in. */
  fill(value: unknown): unknown;
  /** True when nothing is wrong with them; false: ask for the violations. */
  fits(params: unknown): boolean;
  /** How they (defaults filled in) break the schema, misplaced secrets included. */
  violations(params: unknown): readonly (Violation | SecretViolation)[];
}

export function paramShape(task: AnyTask): ParamShape {
  const schema = schemaOf(task);
  const fill = filler(schema);
  const grade = grader(schema);
  const exact = exactCheck(schema, grade);
  return {
    task,
    fill: (value) => fill?.(value) ?? value,
    fits: (params) =>
      grade(params) <= MAYBE && (!holdsSecret(params) || misplacedSecrets(schema, params, []).length === 0),
    violations: (params) => [
      ...exact(params),
      ...misplacedTypes(schema, params, []),
      ...misplacedSecrets(schema, params, []),
    ],
  };
}

export type CheckParams = (task: AnyTask, name: string, value: unknown, place: Place) => unknown;

/**
 * Gives the parameters with defaults filled in. Unknown values pass; a secret passes where the schema says
 * `format: secret`. Throws RunError `failed` that names every violation. Each task is made ready once.
 */
export function paramChecker(): CheckParams {
  const shapes = new Map<AnyTask, ParamShape>();
  return (task, name, value, place) => {
    const shape = shapes.get(task) ?? paramShape(task);
    shapes.set(task, shape);
    const params = shape.fill(value ?? {});
    if (!shape.fits(params)) refuse(shape, name, params, place);
    return params;
  };
}

/** As {@link paramChecker}, for once. */
export const validateParams: CheckParams = (...given) => paramChecker()(...given);

function refuse(shape: ParamShape, name: string, params: unknown, place: Place): void {
  const found = shape.violations(params);
  if (found.length === 0) return;
  const problems: Problem[] = found.map(({ code, message, path, hint }) => ({
    code: parameterCode(code),
    message: `${name}: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`,
    place,
    ...(hint === undefined ? {} : { hint }),
  }));
  const text = problems.map((problem) => problem.message).join('; ');
  throw new RunError('failed', `${formatPlace(place)}: ${text}`, { problems });
}

export function holdsSecret(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false;
  if (value instanceof Secret) return true;
  if (Array.isArray(value)) return value.some(holdsSecret);
  for (const name in value) if (holdsSecret(Reflect.get(value, name))) return true;
  return false;
}

export interface SecretViolation {
  readonly code: 'secret-exposed';
  readonly message: string;
  readonly path: readonly (string | number)[];
  readonly hint?: string;
}

export function parameterCode<C extends ProblemCode>(code: C): C | 'unknown-parameter' | 'missing-parameter' {
  if (code === 'unknown-key') return 'unknown-parameter';
  return code === 'missing-key' ? 'missing-parameter' : code;
}

export function schemaOf(task: AnyTask): JsonSchema {
  return task.params as unknown as JsonSchema;
}

function misplacedSecrets(
  schema: JsonSchema | undefined,
  value: unknown,
  path: readonly (string | number)[],
): readonly SecretViolation[] {
  if (value instanceof Secret) {
    if (allowsSecret(schema)) return [];
    const hint =
      'only a parameter that is declared secret may hold one: it would be shown or reach a command line';
    return [{ code: 'secret-exposed', message: `secret "${value.name}" may not stand here`, path, hint }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => misplacedSecrets(below(schema, 'items'), item, [...path, index]));
  }
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    misplacedSecrets(below(schema, key), item, [...path, key]),
  );
}

function allowsSecret(schema: JsonSchema | undefined): boolean {
  if (!isMap(schema)) return false;
  if (schema.format === 'secret') return true;
  const options = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
  return options.some((option) => allowsSecret(option as JsonSchema));
}

/** Every text under a property of a wanted format, at any depth, with its path. */
export function withFormat(
  schema: JsonSchema | undefined,
  value: unknown,
  wanted: (format: string) => boolean,
  path: readonly (string | number)[] = [],
): readonly {
  readonly value: unknown;
  readonly format: string;
  readonly path: readonly (string | number)[];
}[] {
  if (!isMap(schema) || value instanceof Unknown) return [];
  const format = formatOf(schema, wanted);
  if (format !== undefined && typeof value === 'string') return [{ value, format, path }];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => withFormat(below(schema, 'items'), item, wanted, [...path, index]));
  }
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    withFormat(below(schema, key), item, wanted, [...path, key]),
  );
}

function formatOf(
  schema: { readonly [keyword: string]: unknown },
  wanted: (format: string) => boolean,
): string | undefined {
  if (typeof schema.format === 'string') return wanted(schema.format) ? schema.format : undefined;
  const options = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  for (const option of options) {
    const found = isMap(option) ? formatOf(option, wanted) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

const LOCAL = ['local-file', 'local-path'];

/** True when a parameter of the schema names files of the control machine. */
export function namesLocalFiles(schema: JsonSchema): boolean {
  return /"format":"local-(file|path)"/.test(JSON.stringify(schema));
}

/** The parameters with local paths made absolute: they are relative to the folder of the runbook. */
export function absoluteLocalPaths(schema: JsonSchema, value: unknown, folder: string): unknown {
  let out = value;
  for (const found of withFormat(schema, value, (format) => LOCAL.includes(format))) {
    out = replaceAt(out, found.path, resolve(folder, String(found.value)));
  }
  return out;
}

/** The value with another item at a path. */
export function replaceAt(value: unknown, path: readonly (string | number)[], item: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return item;
  if (Array.isArray(value)) {
    return value.map((old, index) => (index === key ? replaceAt(old, rest, item) : old));
  }
  const map = value as Readonly<Record<string, unknown>>;
  return { ...map, [key]: replaceAt(map[key], rest, item) };
}
