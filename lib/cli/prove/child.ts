/** Starts one run of a trial in a process of its own, and hears of it by the lines that it leaves. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '../../model/event.ts';
import type { Slot } from './slot.ts';
import type { TrialSpec } from './trial-process.ts';

/** A change that has come to its end: how manieth of its host, and how long it took. */
export interface Took {
  readonly kind: 'took';
  readonly host: string;
  readonly change: number;
  readonly id: number;
  readonly ms: number;
}

export interface ChildRun {
  /** Undefined: it was killed. */
  readonly exit: number | undefined;
  readonly events: readonly RunEvent[];
  readonly took: readonly Took[];
  /** What it said on its error stream. */
  readonly err: string;
}

export type RunWords = Pick<TrialSpec, 'words' | 'cut' | 'order'>;

export interface Limits {
  /** A run that takes longer is killed, and shows no exit. */
  readonly ms: number;
  /** Kills it, too. */
  readonly halt: AbortSignal;
}

export async function startChild(slot: Slot, what: RunWords, limits: Limits): Promise<ChildRun> {
  const [file, record] = [join(slot.root, 'trial.json'), join(slot.root, 'trial.events')];
  rmSync(record, { force: true });
  const spec: TrialSpec = { ...what, place: slot.place(), record };
  writeFileSync(file, JSON.stringify(spec));
  const [program = '', script = ''] = process.argv;
  const child = spawn(program, [...process.execArgv, script, '__trial', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
    // Ctrl-C at the terminal is for the one who tries, who then ends this one.
    detached: true,
  });
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  const timer = setTimeout(kill, limits.ms);
  limits.halt.addEventListener('abort', kill);
  if (limits.halt.aborted) kill();
  const exit = await new Promise<number | undefined>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? undefined));
  });
  clearTimeout(timer);
  limits.halt.removeEventListener('abort', kill);
  const text = existsSync(record) ? readFileSync(record, 'utf8') : '';
  // A last line without its end was being written.
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as RunEvent | Took);
  return {
    exit,
    err,
    took: lines.filter((line): line is Took => line.kind === 'took'),
    events: lines.filter((line): line is RunEvent => line.kind !== 'took'),
  };
}

/** Everything that went wrong in a run, a line each. */
export function failures({ events, err }: ChildRun): readonly string[] {
  const found = events.flatMap((event): string[] => {
    if (event.kind === 'step' && event.failure)
      return [`${event.host}: step ${event.step}: ${event.failure.message}`, ...tail(event.failure.output)];
    if (event.kind === 'unreachable') return [`${event.host}: ${event.failure.message}`];
    if (event.kind === 'refusal') return [event.message];
    if (event.kind === 'invalid') return event.problems.map(({ message }) => message);
    return [];
  });
  return found.length > 0 ? found : tail(err);
}

function tail(text: string | undefined): string[] {
  if (text === undefined) return [];
  return text
    .trimEnd()
    .split('\n')
    .slice(-3)
    .filter(Boolean)
    .map((line) => `  ${line}`);
}

/** What a dry run would change or cannot foresee, a line each. */
export function pending({ events }: ChildRun): readonly string[] {
  return events.flatMap((event): string[] => {
    if (event.kind === 'change')
      return [`${event.host}: step ${event.step}: ${event.summary}${event.act ? ' (at each run)' : ''}`];
    if (event.kind === 'later') return [`${event.host}: step ${event.step}: ${event.reason}`];
    return [];
  });
}
