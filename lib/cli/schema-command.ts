/** `run schema`: what editors need to complete and check runbooks and inventories. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { invalid, RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { inventoryEditorSchema, runbookEditorSchema } from '../load/editor-schema.ts';
import type { JsonSchema } from '../load/source/json-schema.ts';
import { openCache } from '../load/source/tree.ts';
import type { Args } from './args.ts';
import { runYamlSchema } from './default-flag.ts';
import { type EveryTask, everyTask, projectRoot } from './every-task.ts';

/** By name; made of all tasks of the project. */
const SCHEMAS: Readonly<Record<string, (every: EveryTask) => JsonSchema>> = {
  runbook: ({ tasks }) => runbookEditorSchema(tasks),
  inventory: inventoryEditorSchema,
  config: runYamlSchema,
};

export async function schemaCommand(args: Args): Promise<number> {
  const [name, ...rest] = args.positionals;
  if (rest.length > 0)
    throw new RunError('invalid', `too many words: ${rest.join(' ')}`, { hint: 'run schema --help' });
  const make = name === undefined ? undefined : SCHEMAS[name];
  if (name !== undefined && !make) {
    const names = Object.keys(SCHEMAS);
    const hint = didYouMean(name, names) ?? `there is one of ${names.join(' and of ')}`;
    throw new RunError('invalid', `no schema of "${name}"`, { hint });
  }
  const root = projectRoot(args);
  const every = await everyTask(root);
  const out = args.value('out');
  if (make && name !== undefined && out === undefined) process.stdout.write(text(make(every)));
  else {
    const chosen = Object.entries(SCHEMAS).filter(([each]) => name === undefined || each === name);
    const folder = out === undefined ? schemaFolder(root) : resolve(out);
    for (const path of writeAll(chosen, every, folder)) process.stdout.write(`${shown(path)}\n`);
  }
  if (every.problems.length === 0) return 0;
  // What can be said of the other tasks is of use all the same.
  throw invalid(every.problems);
}

function writeAll(
  chosen: readonly (readonly [string, (every: EveryTask) => JsonSchema])[],
  every: EveryTask,
  folder: string,
): readonly string[] {
  mkdirSync(folder, { recursive: true });
  return chosen.map(([name, make]) => {
    const path = join(folder, `${name}.json`);
    const schema = text(make(every));
    // An editor reads one that was written anew.
    if (textOf(path) !== schema) writeFileSync(path, schema);
    return path;
  });
}

/** Below .run/, which ignores itself in git: it can be made again, and is another one with other tasks. */
function schemaFolder(root: string): string {
  openCache(root);
  return join(root, '.run', 'schema');
}

/** All, for a project that has just begun. */
export function writeSchemas(every: EveryTask): void {
  writeAll(Object.entries(SCHEMAS), every, schemaFolder(every.root));
}

/** Schemas of an editor that was set up before, made anew: when tasks were added, or the engine is another one. */
export function refreshSchemas(every: EveryTask): void {
  const folder = join(every.root, '.run', 'schema');
  if (existsSync(folder)) writeAll(Object.entries(SCHEMAS), every, folder);
}

/** The same where nothing is known of the tasks yet. */
export async function renewSchemas(args: Args): Promise<void> {
  const root = projectRoot(args);
  if (existsSync(join(root, '.run', 'schema'))) refreshSchemas(await everyTask(root));
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function text(schema: JsonSchema): string {
  return `${JSON.stringify(schema, undefined, 1)}\n`;
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
