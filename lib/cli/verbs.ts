/** All verbs, in the order of `run --help`. A new one: a file in verb/, its line here, its line in command.ts. */

import { completion } from './verb/completion.ts';
import { config } from './verb/config.ts';
import { exec } from './verb/exec.ts';
import { graph } from './verb/graph.ts';
import { init } from './verb/init.ts';
import { lab } from './verb/lab.ts';
import { newThing } from './verb/new.ts';
import { ping } from './verb/ping.ts';
import { schema } from './verb/schema.ts';
import { tasks } from './verb/tasks.ts';
import { test } from './verb/test.ts';
import { validate } from './verb/validate.ts';
import type { Verb } from './verb.ts';

// biome-ignore format: a line each, as many add to it at once
export const VERBS: readonly Verb[] = [
  init,
  validate,
  exec,
  ping,
  tasks,
  newThing,
  test,
  graph,
  config,
  completion,
  schema,
  lab,
];

export function verbNamed(name: string | undefined): Verb | undefined {
  return VERBS.find((verb) => verb.name === name);
}
