/** Events of `run exec` for people: each host's output as it ends, what is the same told once. */
import type { Emit, FailureInfo, RunEvent } from '../model/event.ts';
import { FOLD_FROM } from './fold.ts';
import { failureText, hostCounts } from './ping.ts';
import { settled } from './printable.ts';
import type { TextOptions } from './text.ts';

/** What is kept of a command's output on the host, in bytes; beyond, its beginning is lost. */
const KEPT = 64 * 1024;

type StepEvent = Extract<RunEvent, { kind: 'step' }>;

export function execRenderer(options: TextOptions): Emit {
  const { out, err, paint, quiet } = options;
  const printed = new Map<string, string>();
  const seconds = new Map<string, number>();
  /** By what was told: the host it was told of, and those with the very same. */
  const told = new Map<string, { readonly first: string; readonly others: string[] }>();
  /** Hosts that have not ended. */
  const open = new Set<string>();
  let width = 4;
  let dryRun = false;
  let toldAt = 0;
  const name = (host: string): string => paint.bold(host.padEnd(width));

  function tell(event: StepEvent): void {
    // That has been told with its reason.
    if (event.status === 'unreachable') return;
    const text = printed.get(event.host) ?? '';
    printed.delete(event.host);
    const failure = failureOf(event, text);
    if (quiet && !failure && text === '') return;
    const key = JSON.stringify([event.status, failure?.message.replaceAll(event.host, ''), text]);
    const known = told.get(key);
    if (known) {
      known.others.push(event.host);
      return;
    }
    told.set(key, { first: event.host, others: [] });
    out(`${name(event.host)}  ${headOf(event, failure)}\n${indented(text)}`);
  }

  function headOf(event: StepEvent, failure: FailureInfo | undefined): string {
    if (failure) return `${paint.red('FAILED')}  ${failureText(failure, paint.dim)}`;
    if (dryRun) return paint.cyan('would run');
    if (event.status !== 'changed') return paint.cyan(event.status);
    const time = seconds.get(event.host);
    return `${paint.green('ok')}${time === undefined ? '' : paint.dim(`  ${time.toFixed(1)} s`)}`;
  }

  /** Many hosts at once say each that they are still at it: one line for all of them. */
  function tellOpen(seconds: number): void {
    if (seconds < toldAt + 4) return;
    toldAt = seconds;
    err(`… ${open.size} hosts have not ended (${seconds.toFixed(0)} s)\n`);
  }

  return (event) => {
    switch (event.kind) {
      case 'start':
        for (const host of event.hosts) open.add(host);
        dryRun = event.dryRun;
        width = Math.min(24, Math.max(4, ...event.hosts.map((host) => host.length)));
        return;
      case 'output':
        printed.set(event.host, event.text);
        return;
      case 'change':
        seconds.set(event.host, event.seconds);
        return;
      case 'step':
        open.delete(event.host);
        tell(event);
        return;
      case 'progress':
        if (quiet) return;
        if (open.size >= FOLD_FROM) tellOpen(event.seconds);
        else
          err(
            `${name(event.host)}  … ${event.seconds.toFixed(0)} s${event.lastLine ? `  ${settled(event.lastLine)}` : ''}\n`,
          );
        return;
      case 'unreachable':
        out(`${name(event.host)}  ${paint.red('UNREACHABLE')}  ${failureText(event.failure, paint.dim)}\n`);
        return;
      case 'warning':
        err(`${paint.yellow('warning')}: ${settled(event.message)}\n`);
        return;
      case 'recap':
        for (const { first, others } of told.values()) out(sameText(first, others));
        out(`\n${hostCounts(event)}\n`);
        if (event.next !== undefined) out(`next: ${paint.bold(event.next)}\n`);
        return;
      default:
        return;
    }
  };
}

/** All that was printed stands below, so its end need not stand beside the failure. */
function failureOf({ failure }: StepEvent, text: string): FailureInfo | undefined {
  if (!failure || text === '') return failure;
  const { output: _, ...rest } = failure;
  return rest;
}

function sameText(first: string, others: readonly string[]): string {
  if (others.length === 0) return '';
  const count = others.length + 1;
  return `the same on ${count} hosts: ${[first, ...others].join(', ')}\n`;
}

function indented(text: string): string {
  if (text === '') return '';
  const cut = Buffer.byteLength(text) >= KEPT - 4 ? '    … the last 64 KB:\n' : '';
  return `${cut}${settled(text).replace(/^/gm, '    ')}\n`;
}
