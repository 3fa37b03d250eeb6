/** Judges values by a schema without a library: the keywords that tasks are made of, unknown values included. */
import { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';
import type { JsonSchema } from '../source/json-schema.ts';
import { type Grade, type Grader, MAYBE, NO, YES } from './grade.ts';
import { ruleOf } from './judge-keyword.ts';
import type { Rule, Sort } from './judge-type.ts';
import { couldFit } from './judge-unknown.ts';

/**
 * maybe: it rests on a value that is not known yet. unsure: a keyword that only the library knows.
 */
export type Verdict = 'yes' | 'maybe' | 'unsure' | 'no';

const VERDICTS: readonly Verdict[] = ['yes', 'maybe', 'unsure', 'no'];

export function judge(schema: JsonSchema, value: unknown): Verdict {
  return VERDICTS[grader(schema)(value)] ?? 'unsure';
}

export function grader(schema: JsonSchema): Grader {
  if (typeof schema === 'boolean') return () => (schema ? YES : NO);
  const rules: Rule[] = [];
  for (const keyword in schema) if (!NOTES.has(keyword)) rules.push(ruleOf(keyword, schema, grader));
  const of = (sort: Sort): readonly Grader[] => rules.flatMap((rule) => rule(sort) ?? []);
  const bySort: Readonly<Record<Sort, readonly Grader[]>> = {
    text: of('text'),
    number: of('number'),
    list: of('list'),
    map: of('map'),
    secret: of('secret'),
    other: of('other'),
  };
  return (value) => {
    const sort = sortOf(value);
    if (sort === 'unknown') return couldFit(schema, value as Unknown) ? MAYBE : NO;
    let found: Grade = YES;
    for (const rule of bySort[sort]) {
      const each = rule(value);
      if (each === NO) return NO;
      if (each > found) found = each;
    }
    return found;
  };
}

function sortOf(value: unknown): Sort | 'unknown' {
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  if (typeof value !== 'object' || value === null) return 'other';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Unknown) return 'unknown';
  return value instanceof Secret ? 'secret' : 'map';
}

const NOTES = new Set([
  '$schema',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  '$comment',
  'readOnly',
  // Read by `if`.
  'then',
  'else',
]);
