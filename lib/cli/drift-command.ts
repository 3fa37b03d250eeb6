/** `run drift`: asks hosts what they were provisioned with, and looks whether it still holds, by dry runs alone. */
import { join, relative } from 'node:path';
import { RunError } from '../base/error.ts';
import type { Verdict } from '../engine/exit.ts';
import { runId } from '../engine/run.ts';
import type { RunOptions } from '../engine/run-options.ts';
import { loadProject } from '../load/project.ts';
import { locateInventory } from '../load/source/root.ts';
import type { Emit } from '../model/event.ts';
import type { Project } from '../model/runbook.ts';
import { adHocProject, runAdHoc } from './ad-hoc.ts';
import type { Args } from './args.ts';
import { type Book, booksOf, fewOf, forgottenPath, namedBook } from './drift/book.ts';
import { onInterrupt } from './drift/interrupt.ts';
import { keepSessions } from './drift/kept-session.ts';
import { mendCommand } from './drift/mend.ts';
import { askHosts, recordsStep } from './drift/remembered.ts';
import { siftDrift } from './drift/sift.ts';
import { createTally, type Tally } from './drift/tally.ts';
import { becomeSecret, runOptions } from './engine-options.ts';
import { inventoryWord } from './inventory-word.ts';
import { loadInput } from './load-input.ts';
import { projectRoot } from './project-folder.ts';
import { refusalEvents, refusalText } from './refusal.ts';
import { openRenderer, tellRefusal } from './renderer.ts';
import { repositoryName } from './repository-name.ts';

interface Look {
  readonly args: Args;
  readonly root: string;
  readonly inventory: string;
  readonly emit: Emit;
  readonly tally: Tally;
  /** What all looks have in common: keys that were unlocked, the sudo password, connections. */
  readonly shared: Pick<RunOptions, 'ssh' | 'becomePassword' | 'open'>;
  /** Does nothing once it is interrupted. */
  run(options: RunOptions): Promise<void>;
}

export async function driftCommand(args: Args): Promise<number> {
  const [word, ...more] = args.positionals;
  if (more.length > 0)
    throw new RunError('invalid', `too many words: ${more.join(' ')}`, {
      hint: 'run drift <inventory>; --runbook names runbooks, --limit hosts',
    });
  const { driftRenderer } = await import('../render/drift.ts');
  const emit = await openRenderer(args, args.has('forget') ? undefined : driftRenderer);
  try {
    return await drift(args, word, emit);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return tellRefusal(args, emit, error);
  }
}

async function drift(args: Args, word: string | undefined, emit: Emit): Promise<number> {
  const cwd = process.cwd();
  const root = projectRoot(args, cwd) ?? cwd;
  const project = repositoryName(root);
  const names = args.values('runbook').flatMap((name) => name.split(',').map((each) => each.trim()));
  if (args.has('forget')) {
    if (names.length === 0) throw new RunError('invalid', '--forget: which runbook?', { hint: FORGET });
    const paths = names.map((name) => forgottenPath(name, root, cwd));
    // A write like any other, with its own recap.
    return runAdHoc(args, await adHocProject(args, word, recordsStep(project, paths)), emit, {});
  }
  const asked = names.map((name) => namedBook(name, root, cwd));
  const hosts = await adHocProject(args, word, recordsStep(project, []));
  if (args.has('list-hosts')) return runAdHoc(args, hosts, emit, {});
  const inventory = inventoryWord(args, word);
  const loaded = await Promise.all(
    asked.map(async (book) => [book, await load(args, root, inventory, book)] as const),
  );
  return look(args, { root, project, inventory, hosts, loaded }, emit);
}

const FORGET = 'run drift <inventory> --forget --runbook NAME';

interface Subject {
  readonly root: string;
  readonly project: string;
  readonly inventory: string;
  readonly hosts: Project;
  /** Runbooks that were named, loaded before anything connects. */
  readonly loaded: readonly (readonly [Book, Project])[];
}

async function look(
  args: Args,
  { root, project, inventory, hosts, loaded }: Subject,
  emit: Emit,
): Promise<number> {
  const tally = createTally(hosts.limit);
  const base = runOptions(args, hosts, emit, await becomeSecret(args));
  const kept = keepSessions(base.open, base.forks);
  const interrupts = onInterrupt();
  const { ssh, becomePassword } = base;
  const shared = { becomePassword, open: kept.open, ...(ssh ? { ssh } : {}) };
  const whole: Look = { args, root, inventory, emit, tally, shared, run: interrupts.run };
  emit({
    kind: 'start',
    v: 1,
    run: runId(),
    version: base.version,
    runbook: 'drift',
    dryRun: true,
    hosts: [...hosts.limit],
  });
  try {
    if (loaded.length > 0) {
      for (const [book, each] of loaded) await lookAt(whole, book, each);
    } else {
      const asking = askHosts({ ...base, ...shared }, emit, tally);
      await interrupts.run(asking.options);
      const at = relative(root, locateInventory(inventory, process.cwd(), root).path);
      await lookAtRemembered(whole, {
        root,
        project,
        inventory: at,
        records: inOrder(hosts.limit, asking.records),
      });
    }
  } finally {
    await kept.close();
  }
  const end = endOf(tally, interrupts.signal());
  emit({ kind: 'recap', ...end, dryRun: true, hosts: tally.hosts });
  return end.exit;
}

async function lookAtRemembered(whole: Look, shelf: Parameters<typeof booksOf>[0]): Promise<void> {
  const { books, remarks } = booksOf(shelf);
  const quiet = whole.args.has('quiet') && books.length > 0;
  for (const { message, note } of remarks) if (!note || !quiet) whole.emit({ kind: 'warning', message });
  for (const book of books) {
    const project = await loadRemembered(whole, book);
    if (project) await lookAt(whole, book, project);
  }
}

function inOrder<T>(names: Iterable<string>, found: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return new Map(
    [...names].flatMap((name) => (found.has(name) ? [[name, found.get(name) as T] as const] : [])),
  );
}

/** Where nothing was looked at, nothing was found right. */
function endOf(tally: Tally, signal: 'SIGINT' | 'SIGTERM' | undefined): Verdict {
  const end = tally.verdict(signal);
  const looked = Object.values(tally.hosts).some(({ ok, skipped, later }) => ok + skipped + later > 0);
  return end.exit === 0 && !looked ? { exit: 1, result: 'invalid' } : end;
}

/** One that does not load now is told, and the others are looked at. */
async function loadRemembered(whole: Look, book: Book): Promise<Project | undefined> {
  const { args, root, inventory, emit, tally } = whole;
  const hosts = book.hosts ?? [];
  const said = args.values('extra-vars').length > 0;
  if (book.extraVars.size > 0 && !said) {
    const message = `${book.path} was run with --extra-vars ${[...book.extraVars].join(', ')} on ${fewOf(hosts)}: say the same here, or values differ`;
    emit({ kind: 'warning', message });
  }
  try {
    const project = await load(args, root, inventory, book);
    const left = hosts.filter((host) => !project.limit.has(host));
    if (left.length > 0)
      emit({
        kind: 'warning',
        message: `${book.path} does not reach ${fewOf(left)} any more; run drift --forget takes its record away`,
      });
    return project;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    emit(refusalEvents(error, true)[0]);
    process.stderr.write(refusalText(error));
    tally.fail(hosts);
    return undefined;
  }
}

function load(args: Args, root: string, inventory: string, book: Book): Promise<Project> {
  const { path, narrowed, hosts, extraVars } = book;
  return loadProject({
    ...loadInput(args, join(root, path), inventory),
    project: root,
    limit: hosts ?? args.values('limit'),
    tags: narrowed?.tags ?? [],
    skipTags: narrowed?.skipTags ?? [],
    only: narrowed?.only ?? [],
    ...(narrowed?.from === undefined ? {} : { from: narrowed.from }),
    // Where the run had none, a name of theirs may be one that the runbook does not know.
    extraVars: hosts === undefined || extraVars.size > 0 ? args.values('extra-vars') : [],
  });
}

async function lookAt(whole: Look, book: Book, project: Project): Promise<void> {
  const { args, root, inventory, emit, tally, shared } = whole;
  if (args.value('format') === 'github')
    (await import('./github-mask.ts')).maskOnGithub(args, [
      ...Object.values(project.runbook.secrets),
      shared.becomePassword,
    ]);
  const mend = mendCommand(args, { root, inventory, ...book });
  const sift = siftDrift({ runbook: book.path, emit, tally, mend });
  await whole.run({
    ...runOptions(args, project, sift, shared.becomePassword),
    ...shared,
    emit: sift,
    dryRun: true,
  });
}
