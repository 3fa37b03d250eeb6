/** Judges values by a schema without a library: the keywords that tasks are made of, unknown values included. */
import { Unknown } from '../base/unknown.ts';
import { type Grader, MAYBE, NO, worst, YES } from './grade.ts';
import type { JsonSchema } from './json-schema.ts';
import { ruleOf } from './judge-keyword.ts';

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
  const rules: Grader[] = [];
  for (const keyword in schema) {
    const rule = NOTES.has(keyword) ? undefined : ruleOf(keyword, schema, grader);
    if (rule) rules.push(rule);
  }
  return (value) => {
    if (value instanceof Unknown) return MAYBE;
    return worst(rules, (rule) => rule(value));
  };
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
