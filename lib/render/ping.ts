/** Events of `run ping` for people: a line for each host as it answers, and how many did. */
import type { Emit, FailureInfo, RunEvent } from '../model/event.ts';
import { settled } from './printable.ts';
import type { TextOptions } from './text.ts';

export function pingRenderer(options: TextOptions): Emit {
  const { out, err, paint, quiet } = options;
  const seconds = new Map<string, number>();
  const seen = new Map<string, string>();
  let width = 4;
  const line = (host: string, text: string): void => out(`${paint.bold(host.padEnd(width))}  ${text}\n`);
  return (event) => {
    switch (event.kind) {
      case 'start':
        width = Math.min(24, Math.max(4, ...event.hosts.map((name) => name.length)));
        return;
      case 'connected':
        seconds.set(event.host, event.seconds);
        return;
      case 'check':
        seen.set(event.host, event.text);
        return;
      case 'step':
        if (event.failure)
          line(event.host, `${paint.red('FAILED')}  ${failureText(event.failure, paint.dim)}`);
        else if (event.status === 'ok' && !quiet) {
          const ms = `${Math.round((seconds.get(event.host) ?? 0) * 1000)} ms`;
          line(event.host, `${paint.green('ok')}  ${ms.padStart(7)}  ${settled(seen.get(event.host) ?? '')}`);
        }
        return;
      case 'unreachable':
        line(event.host, `${paint.red('UNREACHABLE')}  ${failureText(event.failure, paint.dim)}`);
        return;
      case 'locked':
        line(event.host, `${paint.red('LOCKED')}  ${failureText(event.failure, paint.dim)}`);
        return;
      case 'warning':
        err(`${paint.yellow('warning')}: ${settled(event.message)}\n`);
        return;
      case 'recap':
        out(`\n${hostCounts(event)}\n`);
        return;
      default:
        return;
    }
  };
}

/** `12 hosts: 10 ok, 1 failed, 1 unreachable`. */
export function hostCounts({ hosts }: Extract<RunEvent, { kind: 'recap' }>): string {
  const all = Object.values(hosts);
  const unreachable = all.filter((host) => host.unreachable).length;
  const failed = all.filter((host) => host.failed > 0).length;
  const ok = all.filter((host) => host.ok + host.changed > 0).length;
  const locked = all.filter((host) => host.locked && host.failed + host.ok + host.changed === 0).length;
  const rest = all.length - unreachable - failed - ok - locked;
  const words = [
    `${ok} ok`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(unreachable > 0 ? [`${unreachable} unreachable`] : []),
    ...(locked > 0 ? [`${locked} locked`] : []),
    ...(rest > 0 ? [`${rest} not carried out`] : []),
  ];
  return `${all.length} host${all.length === 1 ? '' : 's'}: ${words.join(', ')}`;
}

/** The message, what was printed, and what to do. */
export function failureText({ message, output, hint }: FailureInfo, dim: (text: string) => string): string {
  const lines = settled(message).split('\n');
  if (output)
    lines.push(
      ...settled(output)
        .split('\n')
        .map((line) => dim(`| ${line}`)),
    );
  if (hint) lines.push(`→ ${hint}`);
  return lines.join('\n        ');
}
