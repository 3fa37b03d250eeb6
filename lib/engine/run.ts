/** One run: every host's part, the queue that carries them, and the verdict. */
import { invalid } from '../base/error.ts';
import type { Secret } from '../base/secret.ts';
import type { HostRecap } from '../model/event.ts';
import { staticConflicts } from './conflict.ts';
import { type Verdict, verdict } from './exit.ts';
import { createHostRun } from './host-run.ts';
import { hostLives, targetOf } from './host-setup.ts';
import type { Life } from './life.ts';
import { createMask, maskedError, maskSecrets } from './mask.ts';
import { wishedResources } from './reading.ts';
import { leftOf, tellFinished } from './resume.ts';
import { recordHost } from './review/record.ts';
import type { RunContext } from './run-context.ts';
import { createContext } from './run-context.ts';
import type { RunOptions } from './run-options.ts';
import { work } from './work.ts';

/** `stop` once: nothing new starts. Twice, or `now`: what runs on hosts is ended. */
export interface RunControl {
  /** Rejects with RunError `invalid`, before any connection, when steps contradict each other. */
  readonly verdict: Promise<Verdict>;
  stop(signal: 'SIGINT' | 'SIGTERM', now?: 'now'): void;
}

const STOPPING =
  'interrupted: what runs on hosts comes to its end, nothing new begins; the same again ends that, too';
const ENDING_NOW = 'interrupted: what runs on hosts is ended';
const ENDING = 'interrupted again: what runs on hosts is ended';

export function startRun(options: RunOptions): RunControl {
  const halt = new AbortController();
  const abort = new AbortController();
  let interrupted: 'SIGINT' | 'SIGTERM' | undefined;
  return {
    verdict: carryOut(options, { halt: halt.signal, abort: abort.signal }, () => interrupted).catch(
      (error: unknown) => {
        throw maskedError(error, secretsOf(options));
      },
    ),
    stop(signal, now) {
      const first = now ? ENDING_NOW : STOPPING;
      options.emit({ kind: 'warning', message: interrupted ? ENDING : first });
      if (interrupted || now) abort.abort();
      interrupted ??= signal;
      halt.abort();
    },
  };
}

async function carryOut(
  given: RunOptions,
  signals: Pick<RunContext, 'halt' | 'abort'>,
  interrupted: () => 'SIGINT' | 'SIGTERM' | undefined,
): Promise<Verdict> {
  const options = { ...given, project: leftOf(given.project, given.resume) };
  const { project } = options;
  const id = options.id ?? runId();
  const secrets = secretsOf(options);
  const emit = maskSecrets(options.emit, secrets, options.seal);
  const stopping = (): boolean => interrupted() !== undefined;
  const { bound: wanted } = options;
  const mask = wanted && createMask(secrets, wanted.seal);
  const { journal } = options;
  const diary =
    journal && !options.dryRun ? { to: journal, mask: createMask(secrets, options.seal) } : undefined;
  const bound = wanted && mask && { ...wanted, masked: (value: unknown) => wanted.masked(mask(value)) };
  const context = createContext({ ...options, bound, emit, diary }, { id, ...signals, stopping });
  if (options.resume) tellFinished(context, options.resume);
  const lives = hostLives(options, context);
  const conflicts = staticConflicts(lives);
  if (conflicts.length > 0) throw invalid(conflicts);
  emit({
    kind: 'start',
    v: 1,
    run: id,
    version: options.version,
    runbook: project.runbook.name,
    dryRun: options.dryRun,
    hosts: [...project.limit],
  });
  const runs = new Map(
    lives.map((life) => [
      life.host.name,
      createHostRun(life, () => options.open(targetOf(options, life), signals.halt), recorder(options, life)),
    ]),
  );
  await work(id, options.forks, runs, context);
  const summaries = [...runs].map(([name, run]) => ({ name, ...run.summary() }));
  const recaps = Object.fromEntries(summaries.map(({ name, recap }) => [name, recap]));
  const end = verdict({
    hosts: Object.values(recaps),
    interrupted: interrupted(),
    dryRun: options.dryRun,
    detailed: options.detailedExitCode,
    onlyRefused: summaries.every(({ spoilt }) => !spoilt),
  });
  const left = summaries.filter(({ unfinished }) => unfinished).map(({ name }) => name);
  const next = nextCommand(options, left, recaps, end);
  emit({
    kind: 'recap',
    ...end,
    dryRun: options.dryRun,
    hosts: recaps,
    ...(next === undefined ? {} : { next }),
  });
  return end;
}

/** All that must not be shown: also what is not named in the runbook. */
function secretsOf({ project, becomePassword }: RunOptions): readonly Secret[] {
  const named = Object.values(project.runbook.secrets);
  return becomePassword ? [...named, becomePassword] : named;
}

/** Told of a host once it is done. */
function recorder(options: RunOptions, life: Life): ((unreachable: string | undefined) => void) | undefined {
  const { keep } = options;
  const review = reviewer(options, life);
  if (!keep) return review;
  return (unreachable) => {
    keep.wished(life.host.name, wishedResources(life));
    review?.(unreachable);
  };
}

function reviewer(options: RunOptions, life: Life): ((unreachable: string | undefined) => void) | undefined {
  const { record, seal } = options;
  if (!record || !seal || life.readOnly) return undefined;
  const masked = createMask(secretsOf(options), seal);
  return (unreachable) => record(recordHost(life, seal, masked, unreachable));
}

/** `20261122164555-dcb68q` */
export function runId(): string {
  const stamp = new Date()
    .toISOString()
    .replaceAll(/[^0-9]/g, '')
    .slice(0, 14);
  return `${stamp}-${Math.random().toString(36).slice(2, 8).padEnd(6, '0')}`;
}

function nextCommand(
  options: RunOptions,
  left: readonly string[],
  recaps: Readonly<Record<string, HostRecap>>,
  end: Verdict,
): string | undefined {
  if (left.length > 0) return options.command(left);
  const pending = Object.values(recaps).some((recap) => recap.changed > 0);
  return options.dryRun && pending && (end.exit === 0 || end.exit === 2) ? options.command([]) : undefined;
}
