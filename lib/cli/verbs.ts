/** All verbs, in the order of `run --help`. A new one: a file in verb/, its line in a group here, its line in command.ts. */

import { apply } from './verb/apply.ts';
import { completion } from './verb/completion.ts';
import { config } from './verb/config.ts';
import { diff } from './verb/diff.ts';
import { drift } from './verb/drift.ts';
import { exec } from './verb/exec.ts';
import { explain } from './verb/explain.ts';
import { facts } from './verb/facts.ts';
import { graph } from './verb/graph.ts';
import { help } from './verb/help.ts';
import { history } from './verb/history.ts';
import { init } from './verb/init.ts';
import { inventory } from './verb/inventory.ts';
import { lab } from './verb/lab.ts';
import { newThing } from './verb/new.ts';
import { ping } from './verb/ping.ts';
import { prove } from './verb/prove.ts';
import { resume } from './verb/resume.ts';
import { schema } from './verb/schema.ts';
import { show } from './verb/show.ts';
import { tasks } from './verb/tasks.ts';
import { test } from './verb/test.ts';
import { undo } from './verb/undo.ts';
import { validate } from './verb/validate.ts';
import type { Verb } from './verb.ts';

export interface VerbGroup {
  readonly title: string;
  readonly verbs: readonly Verb[];
}

// biome-ignore format: a line each, as many add to it at once
export const VERB_GROUPS: readonly VerbGroup[] = [
  { title: 'Hosts, without a runbook', verbs: [
    exec,
    ping,
    facts,
    drift,
    lab,
  ] },
  { title: 'Before a run', verbs: [
    apply,
    validate,
    inventory,
    explain,
    graph,
    config,
  ] },
  { title: 'After a run', verbs: [
    resume,
    history,
    show,
    diff,
    undo,
  ] },
  { title: 'Writing runbooks and tasks', verbs: [
    init,
    newThing,
    test,
    prove,
    tasks,
    schema,
  ] },
  { title: 'The command itself', verbs: [
    completion,
    help,
  ] },
];

export const VERBS: readonly Verb[] = VERB_GROUPS.flatMap(({ verbs }) => verbs);

export function verbNamed(name: string | undefined): Verb | undefined {
  return VERBS.find((verb) => verb.name === name);
}
