/** `run resume`: the command of a run that stopped, on the hosts that it has not finished, with what it had begun taken up. */
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { claimRun } from '../journal/claim.ts';
import type { Head, Resumed, Writer } from '../journal/line.ts';
import { changedSources, noteDisk } from '../journal/noted-disk.ts';
import { type RunRecord, readRun } from '../journal/read.ts';
import { findRun, runIds } from '../journal/shelf.ts';
import { atWork, unfinishedHosts, writerOf } from '../journal/standing.ts';
import { openJournal } from '../journal/writer.ts';
import { loadProject } from '../load/project.ts';
import { isFolder } from '../load/source/read.ts';
import type { Emit } from '../model/event.ts';
import type { Resume } from '../model/resume.ts';
import type { Project } from '../model/runbook.ts';
import { type Args, parseCommandLine } from './args.ts';
import { carryOut } from './carry-out.ts';
import { RUN_FLAGS } from './flag.ts';
import { inventoryWord } from './inventory-word.ts';
import { journaled, type RunJournal, stepsAndSources, whoIsThere } from './journal.ts';
import { loadInput } from './load-input.ts';
import { projectHere } from './project-folder.ts';
import { openRenderer, tellRefusal } from './renderer.ts';
import { CHOICES } from './rerun.ts';
import { settle } from './setting.ts';

export async function resumeCommand(own: Args): Promise<number> {
  const emit = await openRenderer(own);
  try {
    const [word, ...more] = own.positionals;
    if (more.length > 0)
      throw new RunError('invalid', `too many words: ${more.join(' ')}`, { hint: 'run resume [run]' });
    const root = projectHere(own);
    const id = findRun(root, word ?? '@last');
    const other = own.has('dry-run') ? undefined : claimRun(root, id, writerOf(process.pid));
    if (other) throw busy(id, other);
    const record = readRun(root, id);
    refuseOdd(root, record);
    return await goOn(own, root, record, emit);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return tellRefusal(own, emit, error);
  }
}

/** Throws RunError `invalid` where there is nothing to go on with, or no telling how. */
function refuseOdd(root: string, record: RunRecord): void {
  const { head } = record;
  const writer = atWork(record);
  if (writer) throw busy(head.id, writer);
  if (unfinishedHosts(record).length === 0)
    throw fault(`run ${head.id} has no host left to go on with`, older(root, head.id));
  const again = head.commandHidden || head.verb === undefined ? '' : `: run ${head.command.join(' ')}`;
  if (head.verb !== undefined)
    throw fault(
      `run ${head.id} was a "run ${head.verb}", which is begun anew and not resumed`,
      `give it again${again}`,
    );
  if (head.commandHidden)
    throw fault(
      `a secret was in the command of run ${head.id}, and was not written down`,
      'give the same command again with --limit @failed; what is done already is found done',
    );
}

function busy(id: string, { pid }: Writer): RunError {
  return fault(
    `run ${id} is still at work (process ${pid})`,
    'wait for its end, or interrupt it: Ctrl-C, or SIGINT to that process',
  );
}

/** The latest run before it that is not finished, for a hint. */
function older(root: string, id: string): string {
  for (const other of runIds(root).toReversed()) {
    if (other >= id) continue;
    try {
      const record = readRun(root, other);
      if (record.head.verb === undefined && unfinishedHosts(record).length > 0)
        return `the last one that has is ${other} (${record.head.runbook}): run resume ${other}`;
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
    }
  }
  return 'run history names all runs';
}

async function goOn(own: Args, root: string, record: RunRecord, emit: Emit): Promise<number> {
  const { head } = record;
  const folder = join(root, head.folder);
  if (!isFolder(folder))
    throw fault(
      `${folder}, where run ${head.id} was called, is not there any more`,
      'give its command again with --limit @failed',
    );
  process.chdir(folder);
  const { args } = await settle(parseCommandLine([...head.command, ...ownWords(own)], RUN_FLAGS), RUN_FLAGS, {
    cwd: folder,
    env: unchosen(process.env),
  });
  const inventory = inventoryWord(args, args.positionals[1]);
  const noted = noteDisk();
  const project = await loadProject({
    ...loadInput(args, args.positionals[0] ?? '', inventory),
    project: root,
    limit: head.hosts,
    disk: noted.disk,
  });
  const steps = stepsAndSources(project, noted);
  refuseChanged(own, record, steps.sources);
  const resume = resumeOf(own, record, project);
  const dry = args.has('dry-run');
  const journal = (): RunJournal => {
    const resumed: Resumed = {
      kind: 'resumed',
      at: Date.now(),
      who: whoIsThere(),
      writer: writerOf(process.pid),
      hosts: unfinishedHosts(record),
      ...steps,
    };
    const writer = openJournal(root, resumed, head.id, warn(emit));
    // Whatever stops it now, it is resumed again.
    return journaled(args, { root, id: head.id, writer, resumable: true, acted: true }, emit);
  };
  tellPlan(record, emit);
  return carryOut({
    args,
    project,
    inventory,
    emit,
    journal: dry ? undefined : journal,
    id: head.id,
    resume,
  });
}

function warn(emit: Emit): (message: string) => void {
  return (message) => emit({ kind: 'warning', message });
}

function tellPlan(record: RunRecord, emit: Emit): void {
  const left = unfinishedHosts(record);
  const done = record.head.hosts.length - left.length;
  const rest = done === 0 ? '' : `; ${done} of ${record.head.hosts.length} hosts are finished and left alone`;
  warn(emit)(`run ${record.head.id} goes on with ${few(left)}${rest}`);
}

function few(names: readonly string[]): string {
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`;
}

/** The flags of a run that this command was given: said later, they win over those of the run. */
function ownWords(own: Args): readonly string[] {
  return RUN_FLAGS.filter(
    ({ name, alias }) => alias === undefined && own.source(name)?.kind === 'flag',
  ).flatMap(({ name, type }) =>
    type === 'boolean' ? [`--${name}`] : own.values(name).flatMap((value) => [`--${name}`, value]),
  );
}

/** What chose the work then is in the command that was written down; what the environment says now is another's. */
function unchosen(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = new Set(
    [...CHOICES, 'dry-run', 'check'].map((name) => `RUN_${name.replaceAll('-', '_').toUpperCase()}`),
  );
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}

function refuseChanged(own: Args, { head, resumed }: RunRecord, now: Head['sources']): void {
  if (own.has('force')) return;
  const changed = changedSources(resumed.at(-1)?.sources ?? head.sources, now);
  if (changed.length === 0) return;
  throw fault(
    `changed since run ${head.id}: ${changed.slice(0, 8).join(', ')}${changed.length > 8 ? ` and ${changed.length - 8} more` : ''}`,
    'run resume --force goes on all the same; a run of its own takes all of what has changed: the same command with --limit @failed',
  );
}

function resumeOf(own: Args, record: RunRecord, { runbook }: Project): Resume {
  const left = new Set(unfinishedHosts(record));
  const again = own.values('again').flatMap((word) => word.split(',').map((step) => step.trim()));
  const known = [...runbook.steps, ...runbook.handlers].map(({ id }) => id);
  const unknown = again.find((id) => !known.includes(id));
  if (unknown !== undefined)
    throw fault(`--again: no step "${unknown}"`, didYouMean(unknown, known) ?? 'run --list-steps names them');
  return {
    finished: new Set(record.head.hosts.filter((host) => !left.has(host))),
    hosts: new Map([...record.hosts].filter(([host]) => left.has(host))),
    again: new Set(again),
  };
}

function fault(message: string, hint: string): RunError {
  return new RunError('invalid', message, { hint, problems: [{ code: 'no-resume', message, hint }] });
}
