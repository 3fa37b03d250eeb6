/** `run <runbook> <inventory>`: loads everything, then lets the engine work and a renderer tell. */
import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import type { RunOptions } from '../engine/run-options.ts';
import { noteDisk } from '../journal/noted-disk.ts';
import { loadProject } from '../load/project.ts';
import type { Disk } from '../load/source/disk.ts';
import { createReport } from '../load/source/report.ts';
import type { Emit } from '../model/event.ts';
import type { Project } from '../model/runbook.ts';
import { printable } from '../render/printable.ts';
import type { Args } from './args.ts';
import { carryOut } from './carry-out.ts';
import { inventoryWord, nameSource } from './inventory-word.ts';
import { beginJournal } from './journal.ts';
import { loadInput } from './load-input.ts';
import { meantVerb } from './meant-verb.ts';
import type { PlanOut } from './plan-out.ts';
import { openRenderer, tellRefusal } from './renderer.ts';

export async function runCommand(args: Args): Promise<number> {
  if (args.has('syntax-check')) return (await import('./validate-command.ts')).validateCommand(args);
  const emit = await openRenderer(args);
  try {
    return await run(args, emit);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const [runbook, inventory] = args.positionals;
    return tellRefusal(args, emit, nameSource(meantVerb(error, runbook, process.cwd()), args, inventory));
  }
}

async function run(args: Args, emit: Emit): Promise<number> {
  const offline = await openOffline(args);
  const saving = args.has('out') ? await planOut(args) : undefined;
  const noted = args.has('dry-run') ? undefined : noteDisk();
  const project = await load(args, saving?.disk ?? noted?.disk);
  if (args.has('list-hosts')) return print([...project.limit]);
  if (args.has('list-steps')) return print(stepLines(project));
  const inventory = inventoryWord(args, args.positionals[1]);
  const exit = await carryOut({
    args,
    project,
    inventory,
    emit,
    disk: saving?.disk,
    journal: noted && (() => beginJournal(args, { project, inventory, noted }, emit)),
    finish: (options) => saving?.recorded(options) ?? offline?.(options) ?? options,
  });
  return saving ? saving.write(exit) : exit;
}

/** With --against: what makes of a run one on recorded states. */
async function openOffline(args: Args): Promise<((options: RunOptions) => RunOptions) | undefined> {
  const path = args.value('against');
  if (path === undefined) return undefined;
  const { openBundle, onBundle } = await import('./against.ts');
  const bundle = openBundle(args, path);
  return (options) => onBundle(options, bundle, path);
}

async function planOut(args: Args): Promise<PlanOut> {
  const { openPlanOut } = await import('./plan-out.ts');
  return openPlanOut(args, inventoryWord(args, args.positionals[1]));
}

async function load(args: Args, disk: Disk | undefined): Promise<Project> {
  const [runbook, inventory, ...rest] = args.positionals;
  if (runbook === undefined)
    throw new RunError('invalid', 'which runbook?', { hint: 'run <runbook> <inventory>' });
  if (rest.length > 0)
    throw new RunError('invalid', `too many words: ${rest.join(' ')}`, {
      hint: 'run <runbook> <inventory> [flags]',
    });
  const report = createReport();
  const word = inventoryWord(args, inventory);
  const input = {
    ...loadInput(args, runbook, word),
    limit: await limitWords(args, runbook, word),
    disk,
    fetchSecrets: !args.has('list-hosts') && !args.has('list-steps') && !args.has('against'),
    unknownSecrets: args.has('against'),
  };
  const project = await loadProject(input, report);
  for (const { message, place, hint } of report.warnings()) {
    const at = place ? `${formatPlace(place)}: ` : '';
    process.stderr.write(
      `warning: ${printable(`${at}${message}${hint === undefined ? '' : `; ${hint}`}`)}\n`,
    );
  }
  return project;
}

async function limitWords(args: Args, runbook: string, inventory: string): Promise<readonly string[]> {
  const limit = args.values('limit');
  const { namesFailed, withFailed } = await import('./limit-failed.ts');
  return namesFailed(limit)
    ? withFailed({ limit, runbook, inventory, project: args.value('project') })
    : limit;
}

function print(lines: readonly string[]): number {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

function stepLines(project: Project): string[] {
  const list = [...project.runbook.steps, ...project.runbook.handlers].filter(
    ({ id }) => !project.leftOut.has(id),
  );
  return list.map(
    ({ id, taskName, tags, hosts }) =>
      `${id}  ${taskName}  ${[...hosts].filter((host) => project.limit.has(host)).join(',')}${tags.length > 0 ? `  tags: ${tags.join(',')}` : ''}`,
  );
}
