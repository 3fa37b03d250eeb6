/** What sort of value it is, and what the keyword `type` asks of each sort. */

import { isMap } from '../source/json-schema.ts';
import { type Grader, NO, YES } from './grade.ts';

/** What a value is, as far as keywords care. A secret is text of which nothing is said. */
export type Sort = 'text' | 'number' | 'list' | 'map' | 'secret' | 'other';

/** The rule of a keyword for values of one sort; undefined where it has nothing against any of them. */
export type Rule = (sort: Sort) => Grader | undefined;

/** Of most sorts all values have the type, or none. */
export function typeRule(rule: unknown): Rule {
  const examples: Readonly<Partial<Record<Sort, unknown>>> = { text: '', secret: '', list: [], map: {} };
  return (sort) => {
    if (!(sort in examples)) return (value) => (hasType(rule, value) ? YES : NO);
    return hasType(rule, examples[sort]) ? undefined : () => NO;
  };
}

function hasType(rule: unknown, value: unknown): boolean {
  if (Array.isArray(rule)) return rule.some((one) => hasType(one, value));
  switch (rule) {
    case 'string':
    case 'boolean':
      return typeof value === rule;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isMap(value);
    default:
      return false;
  }
}
