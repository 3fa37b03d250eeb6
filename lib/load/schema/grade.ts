/** How well a value fits a schema, as a number. */

/** The worse of two is the greater. */
export type Grade = 0 | 1 | 2 | 3;
export const YES = 0;
/** It rests on a value that is not known yet. */
export const MAYBE = 1;
/** A keyword that only the library knows. */
export const UNSURE = 2;
export const NO = 3;

/** A schema made ready: many values are judged by one. */
export type Grader = (value: unknown) => Grade;

/** The worst of what each item is graded. */
export function worst<T>(items: readonly T[], one: (item: T) => Grade): Grade {
  let found: Grade = YES;
  for (const item of items) {
    const each = one(item);
    if (each === NO) return NO;
    if (each > found) found = each;
  }
  return found;
}
