/** `run init`: writes a project that runs, and says what to type next. */
import { relative, resolve } from 'node:path';
import { RunError } from '../base/error.ts';
import { writeTypeConfig } from '../load/source/type-config.ts';
import { makeKey } from '../plan/plan-key.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';
import { everyTask } from './every-task.ts';
import { writeSchemas } from './schema-command.ts';
import { starterProject } from './starter-project.ts';
import { writeNew } from './write-new.ts';

export async function initCommand(args: Args): Promise<number> {
  const [folder = '.', ...rest] = args.positionals;
  if (rest.length > 0)
    throw new RunError('invalid', `too many words: ${rest.join(' ')}`, { hint: 'run init [folder]' });
  const root = resolve(folder);
  for (const [name, text] of starterProject()) {
    const written = writeNew(root, name, text);
    process.stdout.write(written ? `wrote ${name}\n` : `kept  ${name} (it is there already)\n`);
  }
  if (makeKey(root)) process.stdout.write('wrote .run/plan.key (it signs saved plans; not for git)\n');
  writeTypeConfig(root, builtinTasks().engineUrl);
  writeSchemas(await everyTask(root));
  const here = relative(process.cwd(), root);
  process.stdout.write(`
next:
${here === '' ? '' : `  cd ${/^[\w./-]+$/.test(here) ? here : `'${here.replaceAll("'", `'\\''`)}'`}\n`}  run test
  run hello inventory/local --dry-run
  run hello inventory/local

Then real Debian hosts on this machine: run lab up, and run hello inventory/lab.
Your own hosts: put them into inventory/prod/hosts.yaml, then run hello inventory/prod --dry-run.
`);
  return 0;
}
