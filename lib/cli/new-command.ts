/** `run new task NAME`: the two files that a task is. `run new policy NAME`: the one that a policy is. */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { writeTypeConfig } from '../load/source/type-config.ts';
import { isBuiltinFolder } from '../load/task/tasks.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';
import { everyTask } from './every-task.ts';
import { projectHere } from './project-folder.ts';
import { refreshSchemas } from './schema-command.ts';
import { STARTER_POLICY } from './starter-policy.ts';
import { TASKS_CONFIG } from './starter-project.ts';
import { starterTask } from './starter-task.ts';
import { writeNew } from './write-new.ts';

const THINGS = ['task', 'policy'];

export async function newCommand(args: Args): Promise<number> {
  const [thing = '', name, ...rest] = args.positionals;
  if (!THINGS.includes(thing)) {
    const hint = didYouMean(thing, THINGS) ?? 'run new task <name>, or run new policy <name>';
    throw new RunError('invalid', `run new knows no "${thing}"`, { hint });
  }
  if (name === undefined || rest.length > 0)
    throw new RunError('invalid', name === undefined ? 'which name?' : `too many words: ${rest.join(' ')}`, {
      hint: `run new ${thing} <name>`,
    });
  const root = projectHere(args);
  if (thing === 'policy') return newPolicy(name, root);
  newTask(name, root);
  refreshSchemas(await everyTask(root));
  process.stdout.write(`\nnext: run test ${name}\n`);
  return 0;
}

function newTask(name: string, root: string): void {
  const builtin = builtinTasks();
  checkName(name, builtin.tasks);
  const ours = isBuiltinFolder(root, builtin.folder);
  const { module, cases } = starterTask(name, ours ? 'builtin' : 'project');
  const files = { [`tasks/${name}.ts`]: module, [`test/cases/${name}.yaml`]: cases };
  const taken = Object.keys(files).filter((file) => existsSync(join(root, file)));
  if (taken.length > 0)
    throw new RunError('invalid', `${taken.join(' and ')}: there already`, {
      hint: 'take another name, or remove what is there',
    });
  const all = ours ? files : { ...files, 'tasks/tsconfig.json': TASKS_CONFIG };
  const folder = relative(process.cwd(), root);
  for (const [file, text] of Object.entries(all))
    if (writeNew(root, file, text)) process.stdout.write(`wrote ${join(folder, file)}\n`);
  if (!ours) writeTypeConfig(root, builtin.engineUrl);
}

/** A file that works, to be written over. */
function newPolicy(name: string, root: string): number {
  if (!/^[a-z][a-z0-9_-]{0,59}$/.test(name))
    throw new RunError('invalid', `"${name}" is no name of a policy`, {
      hint: 'begin with a letter, go on with small letters, digits, - and _',
    });
  const file = `policies/${name}.ts`;
  if (existsSync(join(root, file)))
    throw new RunError('invalid', `${file}: there already`, {
      hint: 'take another name, or remove what is there',
    });
  const folder = relative(process.cwd(), root);
  for (const [path, text] of [
    [file, STARTER_POLICY],
    ['policies/tsconfig.json', TASKS_CONFIG],
  ] as const)
    if (writeNew(root, path, text)) process.stdout.write(`wrote ${join(folder, path)}\n`);
  writeTypeConfig(root, builtinTasks().engineUrl);
  process.stdout.write('\nnext: write down what it refuses, then run <runbook> <inventory> --dry-run\n');
  return 0;
}

function checkName(name: string, builtin: ReadonlyMap<string, unknown>): void {
  if (!/^[a-z][a-z0-9_]{0,59}$/.test(name)) {
    const near = name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '_')
      .replace(/^[^a-z]+|_$/g, '');
    const hint = `begin with a letter, go on with letters, digits and _${near === '' ? '' : `: ${near.slice(0, 60)}`}`;
    throw new RunError('invalid', `"${name}" is no name of a task`, { hint });
  }
  if (builtin.has(name))
    throw new RunError('invalid', `"${name}" is a built-in task`, {
      hint: `take another name; to put your own in its place, see "overrides" in docs/authoring.md`,
    });
}
