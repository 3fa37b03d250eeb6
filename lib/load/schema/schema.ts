/** The exact half of schema checking, on ajv: the only module that knows it. Loaded when something seems wrong. */
import { createRequire } from 'node:module';
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js';
import { Secret } from '../../base/secret.ts';
import { didYouMean, nearest } from '../../base/suggest.ts';
import { Unknown } from '../../base/unknown.ts';
import { FORMATS, type JsonSchema, OPEN_FORMATS } from '../source/json-schema.ts';
import { type Grader, MAYBE } from './grade.ts';
import { grader } from './judge.ts';
import { type AjvError, NAME, plainMessage, withValue } from './schema-message.ts';
import { orTypes } from './schema-word.ts';

/** One way in which a value breaks its schema. */
export interface Violation {
  readonly code: 'unknown-key' | 'missing-key' | 'wrong-type' | 'bad-value' | 'task-as-key';
  readonly message: string;
  /** Keys down to the value, or for `unknown-key` to the key itself. */
  readonly path: readonly (string | number)[];
  readonly hint?: string;
  /** The key itself is wrong, not what stands under it. */
  readonly atKey?: boolean;
  /** The key that an unknown one was most likely meant to be. */
  readonly near?: string;
  /** The name of the key that is missing. */
  readonly missing?: string;
  /** Types that were wanted, for `wrong-type`. */
  readonly wanted?: readonly string[];
}

/** Every violation; none when it conforms. Unknown and secret values break nothing. Throws when the schema is wrong. */
export function violations(schema: JsonSchema, value: unknown): readonly Violation[] {
  return exactCheck(schema)(value);
}

/** As {@link violations}, made ready when it is first needed, for many values. */
export function exactCheck(
  schema: JsonSchema,
  grade: Grader = grader(schema),
): (value: unknown) => readonly Violation[] {
  let validate: ValidateFunction | undefined;
  return (value) => {
    if (grade(value) <= MAYBE) return [];
    validate ??= openAjv().compile(schema as object | boolean);
    return validate(value) ? [] : violationsOf(validate, value);
  };
}

function violationsOf(validate: ValidateFunction, value: unknown): readonly Violation[] {
  const found = (validate.errors ?? []) as readonly AjvError[];
  const branches = found.filter(
    (error) => error.keyword in ALTERNATIVES && (error.keyword !== 'if' || noteOf(error)),
  );
  const inside = (error: AjvError): boolean =>
    branches.some(
      (branch) =>
        branch !== error &&
        error.schemaPath.startsWith(ALTERNATIVES[branch.keyword]?.(branch.schemaPath) ?? ' '),
    );
  const broken = found.flatMap((error) => {
    // A rule for names is reported once, as the name that broke it.
    if (inside(error) || (error.keyword === 'if' && !noteOf(error)) || error.propertyName !== undefined)
      return [];
    const path = pathOf(error.instancePath, value);
    return hidesUnknown(valueAt(value, path), error.keyword === 'not' || branches.includes(error))
      ? []
      : [violation(error, path)];
  });
  return broken.filter((one) => !isEcho(one, broken));
}

/** A key that is missing because it is misspelt has been told of as an unknown one. */
function isEcho({ missing, path }: Violation, all: readonly Violation[]): boolean {
  if (missing === undefined) return false;
  return all.some(
    (other) =>
      other.near === missing &&
      other.path.length === path.length + 1 &&
      path.every((key, at) => other.path[at] === key),
  );
}

/** Rules whose inner errors are only the ways in which it could have been right: the prefix of those. */
const ALTERNATIVES: Readonly<Record<string, (path: string) => string>> = {
  anyOf: (path) => `${path}/`,
  oneOf: (path) => `${path}/`,
  if: (path) => `${path.slice(0, -'if'.length)}`,
};

/** What the schema's author says when the rule is broken: its `$comment`. */
function noteOf(error: AjvError): string | undefined {
  const note = error.parentSchema?.$comment;
  if (typeof note !== 'string') return undefined;
  // What form text must have says nothing to somebody who wrote a number.
  return error.keyword === 'type' && note.startsWith('must be ') ? undefined : note;
}

/** The library with our formats. */
export function openAjv(options: object = { strict: false, logger: false }): Ajv2020 {
  // Synchronous on purpose: parameters are checked in the middle of planning too.
  const library = createRequire(import.meta.url)('ajv/dist/2020.js') as {
    Ajv2020: new (o: object) => Ajv2020;
  };
  const ajv = new library.Ajv2020({ allErrors: true, verbose: true, ...options });
  for (const [name, rule] of Object.entries(FORMATS)) ajv.addFormat(name, (text: string) => rule.test(text));
  for (const name of OPEN_FORMATS) ajv.addFormat(name, true);
  return ajv;
}

/** A value that is not known (or secret) cannot be called wrong; nor can a choice that rests on one. */
function hidesUnknown(value: unknown, deep: boolean): boolean {
  if (value instanceof Unknown || value instanceof Secret) return true;
  if (!deep || value === null || typeof value !== 'object') return false;
  return Object.values(value).some((item) => hidesUnknown(item, true));
}

function violation(error: AjvError, path: readonly (string | number)[]): Violation {
  const { params } = error;
  const note = noteOf(error);
  if (note !== undefined) return { code: 'bad-value', message: noted(note, error), path };
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params.additionalProperty ?? params.unevaluatedProperty);
      const known = Object.keys(error.parentSchema?.properties ?? {});
      const hint = didYouMean(name, known);
      const near = nearest(name, known);
      return {
        code: 'unknown-key',
        atKey: true,
        message: `unknown key "${name}"`,
        path: [...path, name],
        ...(hint ? { hint } : {}),
        ...(near ? { near } : {}),
      };
    }
    case 'required':
    case 'dependentRequired': {
      const name = String(params.missingProperty);
      return { code: 'missing-key', message: `"${name}" is missing`, path, missing: name };
    }
    case 'type': {
      const wanted = [params.type].flat().map(String);
      const message = withValue(`must be ${orTypes(wanted)}`, error.data);
      const [example] = error.parentSchema?.examples ?? [];
      const hint = typeof example === 'string' ? { hint: `such as "${example}"` } : {};
      return { code: 'wrong-type', message, path, wanted, ...hint };
    }
    case 'enum': {
      const allowed = (params.allowedValues as readonly unknown[]).map(String);
      const near = typeof error.data === 'string' ? nearest(error.data, allowed) : undefined;
      const hint = near === undefined ? {} : { hint: `did you mean "${near}"?` };
      const message = withValue(`must be one of ${allowed.join(', ')}`, error.data);
      return { code: 'bad-value', message, path, ...hint };
    }
    case 'propertyNames':
      return badName(error, path);
    case 'anyOf':
    case 'oneOf':
      // A rule across properties says in `$comment` what breaking it means.
      return { code: 'bad-value', message: error.parentSchema?.$comment ?? plainMessage(error), path };
    default:
      return { code: 'bad-value', message: plainMessage(error), path };
  }
}

/** What is said of one value (`must be …`) shows it; what is said of several keys has them all before its eyes. */
function noted(note: string, error: AjvError): string {
  return note.startsWith('must be ') && typeof error.data !== 'object' ? withValue(note, error.data) : note;
}

function badName(error: AjvError, path: readonly (string | number)[]): Violation {
  const name = String(error.params.propertyName);
  const pattern = error.parentSchema?.propertyNames?.pattern;
  const hint =
    pattern === NAME
      ? 'small letters, digits and _, beginning with a letter'
      : (error.parentSchema?.propertyNames?.$comment ?? `a name must match ${pattern ?? 'the schema'}`);
  return {
    code: 'bad-value',
    atKey: true,
    message: `"${name}" cannot be a name here`,
    path: [...path, name],
    hint,
  };
}

/** A JSON pointer as keys, with numbers where the value is a list. */
function pathOf(pointer: string, value: unknown): readonly (string | number)[] {
  const path: (string | number)[] = [];
  let at = value;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    const key = Array.isArray(at) ? Number(name) : name;
    path.push(key);
    at = at !== null && typeof at === 'object' ? Reflect.get(at, key) : undefined;
  }
  return path;
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const key of path) at = at !== null && typeof at === 'object' ? Reflect.get(at, key) : undefined;
  return at;
}
