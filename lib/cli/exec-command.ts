/** `run exec`: one command on many hosts, as a run of one step. */
import { RunError } from '../base/error.ts';
import { adHocProject, runAdHoc } from './ad-hoc.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';
import { openRenderer } from './renderer.ts';

/** Somebody watches, and can end it: longer than any command is meant to run. */
const LIMIT_MS = 24 * 3_600_000;

export async function execCommand(args: Args): Promise<number> {
  const { inventory, params } = wordsOf(args);
  const task = await builtinTasks().tasks.get('command')?.();
  if (!task) throw new Error('no task command');
  const project = await adHocProject(args, inventory, {
    name: 'exec',
    taskName: 'command',
    task,
    params,
    timeoutMs: LIMIT_MS,
  });
  const { execRenderer } = await import('../render/exec.ts');
  const emit = await openRenderer(args, execRenderer);
  return runAdHoc(args, project, emit, { showOutput: true }, 'now');
}

interface Words {
  readonly inventory: string | undefined;
  readonly params: { readonly shell: string } | { readonly argv: readonly string[] };
}

function wordsOf(args: Args): Words {
  const { rest = [] } = args;
  const before = args.positionals.slice(0, args.positionals.length - rest.length);
  const shell = args.value('shell');
  const [inventory, ...more] = before;
  if (more.length > 0)
    throw usage(`what is "${more[0]}"?`, 'the command stands after --: run exec <inventory> -- uptime');
  if (shell !== undefined && rest.length > 0)
    throw usage('two commands: --shell and the words after --', ONE);
  if (shell !== undefined && shell.trim() === '') throw usage('--shell is empty', ONE);
  if (shell !== undefined) return { inventory, params: { shell } };
  const [program, ...others] = rest;
  if (program === undefined || program === '') throw usage('which command?', ONE);
  if (others.length === 0 && /\s/.test(program)) {
    const hint = `for a line of shell text: --shell '${program.replaceAll("'", "'\\''")}'; else without the quotes`;
    throw usage(`"${program}" as one word is the name of a program, with its spaces`, hint);
  }
  return { inventory, params: { argv: rest } };
}

const ONE = "run exec <inventory> -- uptime, or run exec <inventory> --shell 'uptime | wc -l'";

function usage(message: string, hint: string): RunError {
  return new RunError('invalid', message, { hint });
}
