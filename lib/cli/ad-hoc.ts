/** One step on the hosts of an inventory, without a runbook: what `run exec` and `run ping` have in common. */
import { homedir } from 'node:os';
import { RunError } from '../base/error.ts';
import type { Place } from '../base/problem.ts';
import type { RunControl } from '../engine/run.ts';
import { startRun } from '../engine/run.ts';
import type { RunOptions } from '../engine/run-options.ts';
import { loadHosts } from '../load/inventory/hosts.ts';
import type { Emit } from '../model/event.ts';
import type { Project, Step, Template } from '../model/runbook.ts';
import type { AnyTask } from '../model/task.ts';
import type { Args } from './args.ts';
import { builtinTasks } from './builtin.ts';
import { becomeSecret, runOptions } from './engine-options.ts';
import { inventoryWord, nameSource } from './inventory-word.ts';
import type { RunJournal } from './journal.ts';
import { projectRoot } from './project-folder.ts';

export interface AdHoc {
  /** The id of the step, too. */
  readonly name: string;
  readonly task: AnyTask;
  readonly taskName: string;
  readonly params: object;
  readonly timeoutMs?: number;
}

/** Throws RunError `invalid` when the inventory or --limit is wrong. */
export async function adHocProject(args: Args, word: string | undefined, what: AdHoc): Promise<Project> {
  const cwd = process.cwd();
  const root = projectRoot(args, cwd) ?? cwd;
  const { inventory, limit } = await loadHosts(root, {
    cwd,
    inventory: inventoryWord(args, word),
    limit: args.values('limit'),
    home: homedir(),
    engineUrl: builtinTasks().engineUrl,
    env: process.env,
  }).catch((error: unknown) => {
    throw error instanceof RunError ? nameSource(error, args, word) : error;
  });
  const hosts = [...inventory.hosts.keys()];
  return {
    root,
    inventory,
    runbook: {
      name: what.name,
      path: root,
      hosts,
      steps: [stepOf(what, hosts)],
      handlers: [],
      vars: constant({}),
      secrets: {},
    },
    limit,
    rollouts: [],
    leftOut: new Set(),
    allowed: new Set(),
    extraVars: {},
  };
}

/** The exit code. `now`: Ctrl-C ends at once what runs on hosts. */
export async function runAdHoc(
  args: Args,
  project: Project,
  emit: Emit,
  more: Partial<Pick<RunOptions, 'dryRun' | 'showOutput' | 'id' | 'journal'>>,
  now?: 'now',
): Promise<number> {
  if (args.has('list-hosts')) {
    process.stdout.write([...project.limit].map((host) => `${host}\n`).join(''));
    return 0;
  }
  const becomePassword = await becomeSecret(args);
  // A caller with a journal of its own has begun it already.
  const unwritten = more.journal !== undefined || more.dryRun || args.has('dry-run');
  const journal = unwritten ? undefined : await adHocJournal(args, project, emit);
  const control: RunControl = startRun({
    ...runOptions(args, project, journal?.emit ?? emit, becomePassword),
    ...journal?.options,
    ...more,
  });
  process.on('SIGINT', () => control.stop('SIGINT', now));
  process.on('SIGTERM', () => control.stop('SIGTERM', now));
  return (await control.verdict.finally(() => journal?.close())).exit;
}

/** None where there is no project to keep it. */
async function adHocJournal(args: Args, project: Project, emit: Emit): Promise<RunJournal | undefined> {
  if (projectRoot(args, process.cwd()) === undefined) return undefined;
  const { beginJournal } = await import('./journal.ts');
  const words = args.positionals.slice(0, args.positionals.length - (args.rest?.length ?? 0));
  return beginJournal(
    args,
    { project, inventory: inventoryWord(args, words[0]), verb: project.runbook.name },
    emit,
  );
}

const PLACE: Place = { file: 'the command line', line: 1, col: 1 };

function stepOf({ name, task, taskName, params, timeoutMs }: AdHoc, hosts: readonly string[]): Step {
  return {
    id: name,
    taskName,
    task,
    with: constant(params),
    hosts: new Set(hosts),
    needs: [],
    tags: [],
    notify: [],
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    place: PLACE,
    checkAgain: new Set(),
  };
}

function constant(value: object): Template {
  return { evaluate: () => value, references: [], constant: true, place: PLACE, locate: () => PLACE };
}
