/** What people can call in expressions, beside what CEL brings: the table that docs/runbooks.md describes. */
import { ADDRESS_FUNCTIONS } from './function-address.ts';
import { LIST_FUNCTIONS } from './function-list.ts';
import { patternFunctions } from './function-pattern.ts';
import { TEXT_FUNCTIONS } from './function-text.ts';
import type { Within } from './time-limit.ts';

/**
 * A function by its signature in CEL: `text.lower()` is `string.lower(): string`. Whole numbers come and go as bigint,
 * fractions as number. It throws an Error with what is wrong; a value that is not known yet throws by itself when it
 * is looked at, and what was made of a secret is secret: neither is any of its business.
 */
export interface CelFunction {
  readonly signature: string;
  readonly run: (...args: never[]) => unknown;
}

/** Functions under one name, as `cidr.host()`: their signatures say it in front. */
export const NAMESPACE = 'cidr';

export function functions(within: Within): readonly CelFunction[] {
  return [...TEXT_FUNCTIONS, ...LIST_FUNCTIONS, ...ADDRESS_FUNCTIONS, ...patternFunctions(within)];
}
