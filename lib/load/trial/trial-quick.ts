/** The quick half of trying a step on a host: only what differs from host to host is looked at, and only whether all is well. */
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Scope } from '../../model/runbook.ts';
import type { Evaluate } from '../expression/evaluate.ts';
import { needsCel } from '../expression/expression.ts';
import { leadsTo, MISSING } from '../expression/input-memo.ts';
import type { Path } from '../expression/path.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { filler } from '../schema/conform.ts';
import { type Grader, MAYBE } from '../schema/grade.ts';
import { grader } from '../schema/judge.ts';
import { isMap, type JsonSchema } from '../source/json-schema.ts';
import { holdsSecret, schemaOf } from '../task/param.ts';

type Keys = readonly (string | number)[];

/**
 * True: nothing is wrong with the step there. False: nobody knows, try it in full. Holds for a step whose parameters
 * have been found sound on one host; undefined where they have to be looked at as a whole.
 */
export function quickTrial({
  conditions,
  vars,
  worldly,
  scope: own,
  with: params,
  step,
}: BuiltStep): ((scope: Scope) => boolean) | undefined {
  if (vars || worldly) return undefined;
  const leaves: Leaf[] = [];
  for (const { path, evaluate } of params.leaves) {
    const schema = leafSchema(schemaOf(step.task), path);
    if (schema === undefined || filler(schema)) return undefined;
    leaves.push({ evaluate, grade: grader(schema) });
  }
  const looks = [{ template: params, scope: own }, ...conditions].map(({ template, scope }) => {
    // A path alone throws where a name is missing; a longer expression may never come to look at it.
    const long = template.uses.flatMap(({ expression }) => (needsCel(expression.text) ? expression : []));
    const paths = long.flatMap((expression) => expression.paths);
    return { scope, paths, branching: long.filter(({ branches }) => branches) };
  });
  return (base) => {
    try {
      for (const { scope, paths, branching } of looks) {
        const inner = scope.enter(base);
        if (!paths.every((path) => isThere(path, inner))) return false;
        // Types of what is left out here are asked for, too: they throw where they do not go together.
        for (const { type } of branching) type(inner);
      }
      const decided = conditions.every(
        ({ template, scope }) => typeof template.evaluate(scope.enter(base)) === 'boolean',
      );
      return decided && fit(leaves, own.enter(base));
    } catch {
      return false;
    }
  };
}

interface Leaf {
  readonly evaluate: Evaluate;
  readonly grade: Grader;
}

function isThere(path: Path, scope: Scope): boolean {
  return leadsTo(path, scope) !== MISSING;
}

function fit(leaves: readonly Leaf[], scope: Scope): boolean {
  for (const { evaluate, grade } of leaves) {
    const value = evaluate(scope);
    if (typeof value === 'object' && !isPlain(value)) return false;
    if (grade(value) > MAYBE) return false;
  }
  return true;
}

/** Where a secret may stand is a question to all of the schema; names of what nobody knows yet are looked at in full. */
function isPlain(value: object | null): boolean {
  return !(value instanceof Unknown) && !(value instanceof Secret) && !holdsSecret(value);
}

/** The schema of the value at the path, where nothing above it looks at that value; else undefined. */
function leafSchema(top: JsonSchema, path: Keys): JsonSchema | undefined {
  let schema: JsonSchema = top;
  for (const key of path) {
    if (!isMap(schema) || !looksPast(schema, key)) return undefined;
    const properties = isMap(schema.properties) ? schema.properties : {};
    const next =
      typeof key === 'number'
        ? schema.items
        : Object.hasOwn(properties, key)
          ? properties[key]
          : schema.additionalProperties;
    schema = (next ?? true) as JsonSchema;
  }
  return schema;
}

/** All that the schema says beside its properties and items is about which of them there are. */
function looksPast(schema: Readonly<Record<string, unknown>>, key: string | number): boolean {
  return Object.entries(schema).every(
    ([keyword, rule]) => PLAIN.has(keyword) || (CHOICE.has(keyword) && choosesPast(rule, key)),
  );
}

function choosesPast(rule: unknown, key: string | number): boolean {
  if (Array.isArray(rule)) return rule.every((each) => choosesPast(each, key));
  if (!isMap(rule)) return typeof rule === 'boolean';
  return Object.entries(rule).every(([keyword, inner]) => {
    // `{ content: false }`: that it is there at all.
    if (keyword === 'properties')
      return isMap(inner) && (!Object.hasOwn(inner, key) || typeof inner[key] === 'boolean');
    return PRESENCE.has(keyword) || (CHOICE.has(keyword) && choosesPast(inner, key));
  });
}

const CHOICE: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else']);

const PRESENCE: ReadonlySet<string> = new Set([
  'required',
  'dependentRequired',
  'minProperties',
  'maxProperties',
  '$comment',
]);

const PLAIN: ReadonlySet<string> = new Set([
  ...PRESENCE,
  'type',
  'properties',
  'additionalProperties',
  'propertyNames',
  'items',
  'minItems',
  'maxItems',
  'title',
  'description',
  'default',
  'examples',
]);
