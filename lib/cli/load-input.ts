/** What the loader is given, from the command line and the process. */
import { homedir } from 'node:os';
import type { LoadInput } from '../load/source/input.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';
import { maskCrashes } from './crash.ts';

export function loadInput(args: Args, runbook: string, inventory: string): LoadInput {
  const builtin = builtinTasks();
  const project = args.value('project');
  const from = args.value('from');
  return {
    cwd: process.cwd(),
    runbook,
    inventory,
    ...(project === undefined ? {} : { project }),
    limit: args.values('limit'),
    tags: args.values('tags'),
    skipTags: args.values('skip-tags'),
    ...(from === undefined ? {} : { from }),
    only: args.values('only'),
    allow: args.values('allow'),
    extraVars: args.values('extra-vars'),
    builtinTasks: builtin.tasks,
    builtinFolder: builtin.folder,
    engineUrl: builtin.engineUrl,
    env: process.env,
    home: homedir(),
    secretsKnown: maskCrashes,
  };
}
