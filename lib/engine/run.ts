/** One run: every host's part, the queue that carries them, and the verdict. */
import type { Secret } from '../base/secret.ts';
import type { Emit, HostRecap } from '../model/event.ts';
import type { Host } from '../model/inventory.ts';
import type { Project, Step } from '../model/runbook.ts';
import type { LocalFile } from '../model/task.ts';
import type { OpenSession, Target } from '../remote/contract.ts';
import { type Accounts, accountsOf, type BecomeFlags } from './account.ts';
import { createBoard } from './board.ts';
import { handlerMark } from './debt.ts';
import { createDispatcher, type Dispatcher } from './dispatch.ts';
import { type Verdict, verdict } from './exit.ts';
import { createHostRun, type HostRun } from './host-run.ts';
import { createLife, type Life, type RunContext } from './life.ts';
import { maskSecrets } from './mask.ts';
import { referencesOf } from './need.ts';
import { orderSteps } from './order.ts';
import { readOnlyHosts } from './read-only.ts';
import { createViewer } from './step-view.ts';
import { watchedSteps } from './watched.ts';

export interface RunOptions {
  readonly project: Project;
  readonly version: string;
  readonly dryRun: boolean;
  readonly detailedExitCode: boolean;
  readonly forks: number;
  readonly become: BecomeFlags;
  readonly becomePassword: Secret | undefined;
  readonly user: string | undefined;
  readonly identity: string | undefined;
  readonly connectTimeoutMs: number;
  readonly silenceTimeoutMs: number;
  readonly hostKeyPolicy: 'strict' | 'accept-new';
  readonly open: OpenSession;
  readonly emit: Emit;
  /** The command line that would do this run on these hosts, for hints and the recap. */
  command(hosts: readonly string[]): string;
  vars(host: string): Readonly<Record<string, unknown>>;
  local(path: string, step: Step): readonly LocalFile[];
  checkParams(step: Step, params: unknown): unknown;
}

/** `stop` once: nothing new starts. Twice: what runs on hosts is ended. */
export interface RunControl {
  readonly verdict: Promise<Verdict>;
  stop(signal: 'SIGINT' | 'SIGTERM'): void;
}

export function startRun(options: RunOptions): RunControl {
  const abort = new AbortController();
  let interrupted: 'SIGINT' | 'SIGTERM' | undefined;
  return {
    verdict: carryOut(options, abort.signal, () => interrupted),
    stop(signal) {
      if (interrupted) abort.abort();
      interrupted ??= signal;
    },
  };
}

async function carryOut(
  options: RunOptions,
  abort: AbortSignal,
  interrupted: () => 'SIGINT' | 'SIGTERM' | undefined,
): Promise<Verdict> {
  const { project } = options;
  const id = runId();
  const emit = maskSecrets(options.emit, Object.values(project.runbook.secrets));
  const board = createBoard();
  const context: RunContext = {
    project,
    board,
    emit,
    run: { id, dryRun: options.dryRun },
    abort,
    stopping: () => interrupted() !== undefined,
    watched: watchedSteps(project),
    command: options.command,
  };
  emit({
    kind: 'start',
    v: 1,
    run: id,
    version: options.version,
    runbook: project.runbook.name,
    dryRun: options.dryRun,
    hosts: [...project.limit],
  });
  const lives = hostLives(options, context);
  const runs = new Map(
    lives.map((life) => [
      life.host.name,
      createHostRun(life, () => options.open(targetOf(options, life), abort)),
    ]),
  );
  await work(id, options.forks, runs, context);
  const recaps = Object.fromEntries([...runs].map(([name, run]) => [name, run.recap()]));
  const end = verdict({
    hosts: Object.values(recaps),
    interrupted: interrupted(),
    dryRun: options.dryRun,
    detailed: options.detailedExitCode,
    onlyRefused: lives.every((life) => !life.wrote) && lives.some((life) => life.refused),
  });
  const next = nextCommand(options, recaps, end);
  emit({
    kind: 'recap',
    ...end,
    dryRun: options.dryRun,
    hosts: recaps,
    ...(next === undefined ? {} : { next }),
  });
  return end;
}

function runId(): string {
  const stamp = new Date()
    .toISOString()
    .replaceAll(/[^0-9]/g, '')
    .slice(0, 14);
  return `${stamp}-${Math.random().toString(36).slice(2, 8).padEnd(6, '0')}`;
}

function hostLives(options: RunOptions, context: RunContext): readonly Life[] {
  const { project } = options;
  const others = readOnlyHosts(project);
  const names = [...project.inventory.hosts.keys()].filter(
    (name) => project.limit.has(name) || others.has(name),
  );
  const inPlay = names.filter((name) => others.has(name) || project.runbook.hosts.includes(name));
  return inPlay.flatMap((name) => {
    const host = project.inventory.hosts.get(name);
    return host ? [hostLife(options, context, host, others.get(name))] : [];
  });
}

function hostLife(
  options: RunOptions,
  context: RunContext,
  host: Host,
  other: { readonly steps: ReadonlySet<string>; readonly facts: boolean } | undefined,
): Life {
  const { project } = options;
  const accounts = accountsOf(project, host, options.become);
  const readOnly = !project.limit.has(host.name);
  const order = readOnly ? [] : orderSteps(project.runbook, host.name, project.leftOut);
  const readSteps = readOnly
    ? project.runbook.steps.filter(({ id }) => other?.steps.has(id))
    : usedButLeftOut(project, host.name);
  const source = {
    project,
    board: context.board,
    run: context.run,
    vars: options.vars,
    local: options.local,
  };
  const factsWanted = other?.facts === true || factsUsedByOthers(project, host.name);
  return createLife({ context, host, readOnly, readSteps, order, accounts, factsWanted }, (own) =>
    createViewer({
      source,
      own,
      user: (step) => accounts.of(step),
      owed: (step) =>
        project.runbook.handlers.includes(step) ? handlerMark(project.runbook.name, step.id) : undefined,
      checkParams: options.checkParams,
    }),
  );
}

/** Steps that --tags leaves out, whose outputs are used all the same: read, not made. */
function usedButLeftOut(project: Project, host: string): readonly Step[] {
  const used = new Set(
    project.runbook.steps
      .filter((step) => !project.leftOut.has(step.id))
      .flatMap(referencesOf)
      .flatMap((reference) => (reference.kind === 'output' ? [reference.step] : [])),
  );
  return project.runbook.steps.filter(
    (step) => project.leftOut.has(step.id) && used.has(step.id) && step.hosts.has(host),
  );
}

function factsUsedByOthers(project: Project, host: string): boolean {
  return project.runbook.steps
    .flatMap(referencesOf)
    .some((reference) => reference.kind === 'facts' && (reference.host === host || reference.host === '*'));
}

function targetOf(options: RunOptions, life: Life): Target {
  const { host } = life;
  const accounts: Accounts = life.accounts;
  const user = options.user ?? host.user;
  const identity = options.identity ?? host.identity;
  return {
    name: host.name,
    address: host.address,
    connection: host.connection,
    connectTimeoutMs: options.connectTimeoutMs,
    silenceTimeoutMs: options.silenceTimeoutMs,
    hostKeyPolicy: options.hostKeyPolicy,
    knownHosts: options.project.inventory.knownHosts,
    ...(host.port === undefined ? {} : { port: host.port }),
    ...(user === undefined ? {} : { user }),
    ...(identity === undefined ? {} : { identity }),
    ...(host.jump === undefined ? {} : { jump: host.jump }),
    ...(accounts.session === undefined ? {} : { become: accounts.session }),
    ...(options.becomePassword === undefined ? {} : { becomePassword: options.becomePassword }),
  };
}

async function work(
  id: string,
  forks: number,
  runs: ReadonlyMap<string, HostRun>,
  context: RunContext,
): Promise<void> {
  const waiting = new Set<HostRun>();
  let dispatcher: Dispatcher | undefined;
  const queue = (run: HostRun): void => {
    waiting.delete(run);
    dispatcher?.dispatch({ run: id, host: run.name });
  };
  // A board change may come while the host that hears of it is still at work: it asks the board again before it waits.
  context.board.onChange((token) => {
    for (const run of waiting) if (heard(run, token, context)) queue(run);
  });
  dispatcher = await createDispatcher(forks, async ({ host }) => {
    const run = runs.get(host);
    if (!run || (await run.advance()) === 'done') return;
    for (const token of new Set(run.awaited.flatMap((set) => [...set]))) {
      if (known(token, context)) heard(run, token, context);
    }
    if (run.awaited.some((set) => set.size === 0)) queue(run);
    else waiting.add(run);
  });
  for (const run of runs.values()) queue(run);
  await dispatcher.idle();
  // Nobody is left who could end what these wait for.
  for (const run of waiting) {
    run.abandon(context.stopping() ? 'interrupted' : 'not_started');
    await run.close();
  }
}

function known(token: string, { board }: RunContext): boolean {
  const [first = '', second = '', third = ''] = token.split('\0');
  return first === '' ? board.facts(third) !== undefined : board.ended(first, second) !== undefined;
}

/** Strikes a token from what a host waits for; true when one of its steps waits for nothing more. */
function heard(run: HostRun, token: string, { board }: RunContext): boolean {
  const [step = '', host = ''] = token.split('\0');
  let ready = false;
  for (const set of run.awaited) {
    if (!set.delete(token)) continue;
    if (step !== '' && board.ended(step, host)?.status === 'changed') run.disturb();
    ready ||= set.size === 0;
  }
  return ready;
}

function nextCommand(
  options: RunOptions,
  recaps: Readonly<Record<string, HostRecap>>,
  end: Verdict,
): string | undefined {
  const left = Object.entries(recaps)
    .filter(([, recap]) => !recap.readOnly && (recap.failed > 0 || recap.unreachable))
    .map(([name]) => name);
  if (left.length > 0) return options.command(left);
  const pending = Object.values(recaps).some((recap) => recap.changed > 0);
  return options.dryRun && pending && (end.exit === 0 || end.exit === 2) ? options.command([]) : undefined;
}
