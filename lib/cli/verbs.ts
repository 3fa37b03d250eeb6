/** All verbs, in the order of `run --help`. A new one: a file in verb/, its line here, its line in command.ts. */

import { config } from './verb/config.ts';
import { init } from './verb/init.ts';
import { lab } from './verb/lab.ts';
import { newThing } from './verb/new.ts';
import { schema } from './verb/schema.ts';
import { tasks } from './verb/tasks.ts';
import { test } from './verb/test.ts';
import { validate } from './verb/validate.ts';
import type { Verb } from './verb.ts';

export const VERBS: readonly Verb[] = [validate, init, tasks, newThing, test, config, schema, lab];

export function verbNamed(name: string | undefined): Verb | undefined {
  return VERBS.find((verb) => verb.name === name);
}
