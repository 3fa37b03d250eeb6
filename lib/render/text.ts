/** Events for people: a line for each change as it happens, failures at length, a recap. */
import type { Emit, FailureInfo, HostRecap, RunEvent } from '../model/event.ts';
import type { Action, Difference } from '../model/resource.ts';
import { weightOf } from '../model/review.ts';
import { differenceLines } from './difference.ts';
import type { Paint } from './paint.ts';
import { printable, settled } from './printable.ts';
import { recapText } from './recap.ts';
import { revertText } from './revert.ts';

export interface TextOptions {
  /** Results. */
  out(text: string): void;
  /** Progress and diagnostics. */
  err(text: string): void;
  readonly paint: Paint;
  readonly diff: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  /** Something else shows what takes long. */
  readonly live?: boolean;
  /** Hosts of the recap that are told of one by one, out of so many; undefined: all. */
  readonly recapOf?: (recap: HostRecap, hosts: number) => boolean;
}

const SIGN: Readonly<Record<Action, string>> = {
  create: '+',
  update: '~',
  delete: '-',
  run: '!',
  start: '▶',
  stop: '■',
  restart: '↻',
  reload: '↻',
};

/** The sign that an action is shown by. */
export function actionSign(action: Action): string {
  return SIGN[action];
}

export function textRenderer(options: TextOptions): Emit {
  const { out, err, paint, quiet } = options;
  let width = 4;
  const left = new Map<string, string[]>();
  const suspicions: StepEvent[] = [];
  const host = (name: string): string => paint.bold(name.padEnd(width));
  const say = (text: string): void => {
    if (!quiet) out(text);
  };
  return (event) => {
    switch (event.kind) {
      case 'start':
        width = Math.min(24, Math.max(4, ...event.hosts.map((name) => name.length)));
        if (!quiet) err(startLine(event, paint));
        return;
      case 'connected':
        if (options.verbose) err(`${host(event.host)}  connected in ${event.seconds.toFixed(2)} s\n`);
        return;
      case 'change':
        say(`${host(event.host)}  ${changeText(event, paint)}${placeText(event, options)}\n`);
        if (options.diff) say(indented(event.diff, paint));
        return;
      case 'later':
        say(`${host(event.host)}  ${changeText(event, paint)}${placeText(event, options)}\n`);
        return;
      case 'progress':
        if (!quiet && !options.live)
          err(
            `${host(event.host)}  … ${event.step}: ${printable(event.text)} (${event.seconds.toFixed(0)} s)${event.lastLine ? `  ${settled(event.lastLine)}` : ''}\n`,
          );
        return;
      case 'retry':
        if (!quiet && !options.live) err(`${host(event.host)}  … ${retryText(event)}\n`);
        return;
      case 'output':
        say(`${host(event.host)}  ${event.step}:\n${settled(event.text).replace(/^/gm, '        ')}\n`);
        return;
      case 'check':
        say(`${host(event.host)}  ${paint.green('✓')} ${event.step}: ${settled(event.text)}\n`);
        return;
      case 'revert':
        out(`${host(event.host)}  ${revertText(event, paint)}\n`);
        return;
      case 'step':
        if (event.status === 'interrupted' || event.status === 'not_started')
          left.set(event.host, [...(left.get(event.host) ?? []), event.step]);
        // What only suspects another host stands after what knows.
        if (event.failure?.elsewhere) suspicions.push(event);
        else stepLine(event, options, host);
        return;
      case 'unreachable':
        out(`${host(event.host)}  ${paint.red('UNREACHABLE')}  ${failureText(event.failure, paint)}\n`);
        return;
      case 'locked':
        out(`${host(event.host)}  ${paint.red('LOCKED')}  ${failureText(event.failure, paint)}\n`);
        return;
      case 'refusal':
        out(refusalText(event, paint));
        return;
      case 'warning':
        err(
          `${event.host === undefined ? '' : `${host(event.host)}  `}${paint.yellow('warning')}: ${printable(event.message)}\n`,
        );
        return;
      case 'invalid':
      case 'stage':
        return;
      case 'recap':
        for (const suspicion of suspicions) stepLine(suspicion, options, host);
        for (const [name, steps] of left)
          out(`${host(name)}  ${paint.cyan('not carried out')}: ${fewOf(steps)}\n`);
        out(recapText(event, options));
    }
  };
}

function startLine(event: Extract<RunEvent, { kind: 'start' }>, paint: Paint): string {
  const hosts = event.hosts.length === 1 ? event.hosts[0] : `${event.hosts.length} hosts`;
  const dry = event.dryRun ? paint.cyan('  dry run: nothing is touched') : '';
  return `${paint.bold(event.runbook)} on ${hosts}${dry}\n`;
}

/** What a change, made or foreseen, does to what; without its host. */
export function changeText(event: Extract<RunEvent, { kind: 'change' | 'later' }>, paint: Paint): string {
  if (event.kind === 'later') {
    return `${paint.cyan('?')} ${event.step}: known after apply: it rests on ${printable(event.reason)}`;
  }
  const colour =
    event.action === 'delete' ? paint.red : event.action === 'create' ? paint.green : paint.yellow;
  const time = event.dryRun || event.seconds < 1 ? '' : paint.dim(`  ${event.seconds.toFixed(1)} s`);
  const guess =
    event.mayDiffer === undefined ? '' : paint.cyan(`  (may differ: rests on step ${event.mayDiffer})`);
  const again =
    event.retries === undefined ? '' : paint.cyan(`  (may be tried again, up to ${event.retries} times)`);
  const waits = event.confirm === undefined ? '' : paint.cyan('  (confirmed)');
  return `${colour(SIGN[event.action])} ${printable(event.key)}  ${printable(event.summary)}  ${paint.dim(`[${event.step}]`)}${markOf(event, paint)}${time}${waits}${guess}${again}`;
}

/** So that nobody overlooks what is lost or interrupted among hundreds of lines. */
function markOf(event: Extract<RunEvent, { kind: 'change' }>, paint: Paint): string {
  const weight = weightOf(event);
  if (weight === 'destructive') return paint.bold(paint.red('  ‼ destructive'));
  return weight === 'restart' ? paint.yellow('  ‼') : '';
}

function placeText({ place }: { readonly place: string }, { verbose, paint }: TextOptions): string {
  return verbose && place !== '' ? paint.dim(`  at ${place}`) : '';
}

type RetryEvent = Extract<RunEvent, { kind: 'retry' }>;

function retryText({ step, try: next, of, delay, failure }: RetryEvent): string {
  const why = settled(failure.message).split('\n', 1)[0] ?? '';
  return `${step}: try ${next - 1} of ${of} failed: ${why}; again in ${delay} s`;
}

/** Who refuses, why, and what it is about. */
export function refusalText(event: Extract<RunEvent, { kind: 'refusal' }>, paint: Paint): string {
  const word = event.ask ? paint.yellow('ASKS FIRST') : paint.red('REFUSED');
  const by = event.policy === undefined ? '' : ` by ${event.policy}`;
  const about = [event.host, event.key ?? event.step].filter((part) => part !== undefined).join('  ');
  const lines = [`${word}${by}: ${settled(event.message)}`];
  if (about !== '') lines.push(printable(about));
  if (event.place !== undefined) lines.push(paint.dim(`at ${event.place}`));
  if (event.hint !== undefined) lines.push(`→ ${printable(event.hint)}`);
  return `${lines.join('\n        ')}\n`;
}

function indented(diff: readonly Difference[], paint: Paint): string {
  return differenceLines(diff, paint)
    .map((line) => `        ${line}\n`)
    .join('');
}

type StepEvent = Extract<RunEvent, { kind: 'step' }>;

function stepLine(
  event: StepEvent,
  { out, verbose, paint }: TextOptions,
  host: (name: string) => string,
): void {
  if (event.failure) {
    const ignored = event.status === 'ignored';
    const bad = paint.red(event.status === 'rolled_back' ? 'TAKEN BACK' : 'FAILED');
    const word = ignored ? paint.cyan(`ignored (${printable(event.reason ?? '')})`) : bad;
    out(`${host(event.host)}  ${word} ${event.step}: ${failureText(event.failure, paint)}\n`);
    return;
  }
  if (!verbose && !(event.status === 'skipped' && event.reason?.startsWith('it needs'))) return;
  const colour = event.status === 'ok' ? paint.green : event.status === 'changed' ? paint.yellow : paint.cyan;
  out(
    `${host(event.host)}  ${colour(event.status)} ${event.step}${event.reason ? `: ${event.reason}` : ''}\n`,
  );
}

const MOST_STEPS = 5;

function fewOf(steps: readonly string[]): string {
  const more = steps.length - MOST_STEPS;
  return `${steps.slice(0, MOST_STEPS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function failureText(failure: FailureInfo, paint: Paint): string {
  const lines = settled(failure.message).split('\n');
  if (failure.place) lines.push(paint.dim(`at ${failure.place}`));
  if (failure.diff) lines.push(...differenceLines(failure.diff, paint));
  if (failure.output)
    lines.push(
      ...settled(failure.output)
        .split('\n')
        .map((line) => paint.dim(`| ${line}`)),
    );
  if (failure.hint) lines.push(`→ ${failure.hint}`);
  return lines.join('\n        ');
}
