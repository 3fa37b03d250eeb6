/** The journal of a run: begun before anything connects, told of every event, tidied when the run is over. */
import { userInfo } from 'node:os';
import { relative, resolve } from 'node:path';
import { createMask } from '../engine/mask.ts';
import { runId } from '../engine/run.ts';
import type { Head } from '../journal/line.ts';
import type { NotedDisk } from '../journal/noted-disk.ts';
import { forget, prune } from '../journal/shelf.ts';
import { writerOf } from '../journal/standing.ts';
import { type JournalWriter, openJournal } from '../journal/writer.ts';
import { locateInventory } from '../load/source/root.ts';
import type { Emit, Result, RunEvent } from '../model/event.ts';
import type { Journal } from '../model/journal.ts';
import type { Project } from '../model/runbook.ts';
import type { Args } from './args.ts';
import { carriedWords, rerunCommand, rerunWords } from './rerun.ts';
import { version } from './version.ts';

export interface RunJournal {
  /** What the engine is given. */
  readonly options: { readonly id: string; readonly journal: Journal };
  /** Tells the journal, then `emit`. */
  readonly emit: Emit;
  /** Once the run is over. */
  close(): void;
}

export interface Subject {
  readonly project: Project;
  /** The word for it; `recorded`: as a plan has it, which may lie elsewhere. */
  readonly inventory: string | { readonly recorded: string };
  /** Undefined: a runbook. */
  readonly verb?: string;
  /** Of an undo: the run that it takes back. */
  readonly undoes?: string;
  readonly noted?: NotedDisk;
}

/** A path as journals have it: from the root, wherever it lies. */
export function shelved(root: string, path: string): string {
  return relative(root, path) || '.';
}

export function beginJournal(args: Args, subject: Subject, emit: Emit): RunJournal {
  const id = runId();
  const { root } = subject.project;
  const writer = openJournal(root, headOf(args, id, subject), id, (message) =>
    emit({ kind: 'warning', message }),
  );
  return journaled(args, { root, id, writer, resumable: subject.verb === undefined, acted: false }, emit);
}

export interface Going {
  readonly root: string;
  readonly id: string;
  readonly writer: JournalWriter;
  /** Whether it could be resumed; `acted`: commands without a guard have been carried out before. */
  readonly resumable: boolean;
  readonly acted: boolean;
}

export function journaled(args: Args, { root, id, writer, resumable, acted }: Going, emit: Emit): RunJournal {
  const acts = noteActs(writer, acted);
  let begun = false;
  return {
    options: { id, journal: acts.journal },
    emit(told) {
      const event = resumable ? withNext(told, id, acts.done(), args) : told;
      begun ||= event.kind === 'start';
      writer.event(event);
      emit(event);
    },
    close() {
      writer.close();
      // Refused before it began: there is nothing to tell of it.
      if (!begun) forget(root, id);
      const [runs, days] = [args.value('keep-runs') ?? '200', args.value('keep-days') ?? '90'].map(
        Number,
      ) as [number, number];
      prune(root, { runs, days }, Date.now());
    },
  };
}

/** Whether commands without a guard have been begun on hosts that are not finished. */
function noteActs(journal: Journal, acted: boolean): { readonly journal: Journal; done(): boolean } {
  const hosts = new Set<string>();
  return {
    done: () => acted || hosts.size > 0,
    journal: {
      ...journal,
      intend(host, stretch, changes) {
        if (changes.some(({ act }) => act)) hosts.add(host);
        return journal.intend(host, stretch, changes);
      },
      done(host, unfinished) {
        if (!unfinished) hosts.delete(host);
        journal.done(host, unfinished);
      },
    },
  };
}

const STOPPED: readonly Result[] = [
  'interrupted',
  'terminated',
  'unreachable',
  'failed_and_unreachable',
  'locked',
];

/**
 * The command to type next: what stopped is resumed, as is what would be done twice otherwise; after failures it is
 * the same run on the hosts that are left, which takes what has been mended in the meantime.
 */
function withNext(event: RunEvent, id: string, acted: boolean, args: Args): RunEvent {
  if (event.kind !== 'recap' || event.next === undefined || event.dryRun) return event;
  if (acted || STOPPED.includes(event.result)) return { ...event, next: `run resume ${id}` };
  const again = rerunCommand(process.argv.slice(2), carriedWords(args));
  return process.argv[2] === 'resume' ? event : { ...event, next: again(['@failed']) };
}

function headOf(args: Args, id: string, { project, inventory, verb, undoes, noted }: Subject): Head {
  const { root, runbook } = project;
  const masked = createMask(Object.values(runbook.secrets));
  const words = rerunWords(process.argv.slice(2), carriedWords(args));
  const command = masked(words) as readonly string[];
  return {
    kind: 'run',
    v: 1,
    id,
    at: Date.now(),
    version: version(),
    ...(verb === undefined ? {} : { verb }),
    ...(undoes === undefined ? {} : { undoes }),
    runbook: verb === undefined || verb === 'apply' ? shelved(root, runbook.path) : runbook.name,
    inventory:
      typeof inventory === 'string'
        ? shelved(root, locateInventory(inventory, process.cwd(), root).path)
        : inventory.recorded,
    who: whoIsThere(),
    writer: writerOf(process.pid),
    command,
    ...(command.join('\0') === words.join('\0') ? {} : { commandHidden: true }),
    folder: shelved(root, resolve(process.cwd())),
    hosts: [...project.limit],
    ...becomeOf(project),
    ...stepsAndSources(project, noted),
  };
}

function becomeOf({ inventory, limit }: Project): Pick<Head, 'become'> {
  const said = [...limit].flatMap((name) => {
    const become = inventory.hosts.get(name)?.become;
    return become === undefined ? [] : [[name, become] as const];
  });
  return said.length === 0 ? {} : { become: Object.fromEntries(said) };
}

export function stepsAndSources(
  { root, runbook }: Project,
  noted: NotedDisk | undefined,
): Pick<Head, 'steps' | 'sources'> {
  return {
    steps: [...runbook.steps, ...runbook.handlers].map((step) => step.id),
    sources: noted?.sums((path) => shelved(root, path)) ?? {},
  };
}

/** The account that called it, also through sudo. */
export function whoIsThere(): string {
  const { SUDO_USER } = process.env;
  return `${SUDO_USER || userInfo().username}@${writerOf(process.pid).machine}`;
}
