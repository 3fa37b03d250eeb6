/** All verbs, in the order of `run --help`. A new one: a file in verb/, its line here, its line in command.ts. */

import { config } from './verb/config.ts';
import { lab } from './verb/lab.ts';
import { schema } from './verb/schema.ts';
import { tasks } from './verb/tasks.ts';
import { validate } from './verb/validate.ts';
import type { Verb } from './verb.ts';

export const VERBS: readonly Verb[] = [validate, tasks, config, schema, lab];

export function verbNamed(name: string | undefined): Verb | undefined {
  return VERBS.find((verb) => verb.name === name);
}
