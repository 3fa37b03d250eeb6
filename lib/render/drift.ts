/** Events of `run drift` for people and for cron: a line for each thing that drifted, and nothing where nothing did. */
import type { Emit, HostRecap, RunEvent } from '../model/event.ts';
import { differenceLines } from './difference.ts';
import { failureText } from './ping.ts';
import { settled } from './printable.ts';
import { changeText, type TextOptions } from './text.ts';

export function driftRenderer({ out, err, paint, quiet, verbose, diff }: TextOptions): Emit {
  let width = 4;
  const line = (host: string, text: string): void => out(`${paint.bold(host.padEnd(width))}  ${text}\n`);
  return (event) => {
    switch (event.kind) {
      case 'start':
        width = Math.min(24, Math.max(4, ...event.hosts.map((name) => name.length)));
        return;
      case 'change': {
        const { host, place, mend = '' } = event;
        line(host, `${changeText(event, paint)}  ${settled(place)}  ${paint.dim('→')} ${settled(mend)}`);
        if (diff)
          out(
            differenceLines(event.diff, paint)
              .map((text) => `        ${text}\n`)
              .join(''),
          );
        return;
      }
      case 'later':
        if (verbose)
          line(
            event.host,
            `${paint.cyan('?')} ${event.step}: ${settled(event.reason)}  ${settled(event.place)}`,
          );
        return;
      case 'step':
        if (event.failure)
          line(event.host, `${paint.red('FAILED')} ${event.step}: ${failureText(event.failure, paint.dim)}`);
        return;
      case 'unreachable':
        line(event.host, `${paint.red('UNREACHABLE')}  ${failureText(event.failure, paint.dim)}`);
        return;
      case 'warning':
        err(`${paint.yellow('warning')}: ${settled(event.message)}\n`);
        return;
      case 'recap':
        if (!quiet || event.exit !== 0) out(`${recapLine(event)}\n`);
        return;
      default:
        return;
    }
  };
}

/** `3 hosts: 1 drifted, 1 as declared, 1 without a record`. */
function recapLine({ hosts }: Extract<RunEvent, { kind: 'recap' }>): string {
  const all = Object.values(hosts).filter(({ readOnly }) => !readOnly);
  const count = (of: (host: HostRecap) => boolean): number => all.filter(of).length;
  const seen = ({ ok, skipped, later }: HostRecap): boolean => ok + skipped + later > 0;
  const bad = (host: HostRecap): boolean => host.unreachable || host.failed > 0;
  const drifted = (host: HostRecap): boolean => !bad(host) && host.changed > 0;
  const words: readonly (readonly [number, string])[] = [
    [count(({ unreachable }) => unreachable), 'unreachable'],
    [count(({ unreachable, failed }) => !unreachable && failed > 0), 'failed'],
    [count(drifted), 'drifted'],
    [count((host) => !bad(host) && !drifted(host) && seen(host)), 'as declared'],
    [count((host) => !bad(host) && !drifted(host) && !seen(host)), 'without a record'],
  ];
  const said = words.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  return `${all.length} host${all.length === 1 ? '' : 's'}: ${said.join(', ')}`;
}
