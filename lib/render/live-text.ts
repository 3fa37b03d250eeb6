/** The text of a run in a terminal: folded where hosts are many, above a live view of where they stand. */
import type { HostRecap } from '../model/event.ts';
import { FOLD_FROM, foldHosts } from './fold.ts';
import { type LiveView, openLive, type Terminal } from './live.ts';
import { changeText, type TextOptions, textRenderer } from './text.ts';

export function liveText(terminal: Terminal, options: Omit<TextOptions, 'out' | 'err'>): LiveView {
  return openLive(terminal, options.paint, (print) => {
    const inner = textRenderer({
      ...options,
      out: print,
      err: print,
      live: true,
      recapOf: (recap, hosts) => options.verbose || hosts < FOLD_FROM || isRemarkable(recap),
    });
    if (options.verbose) return inner;
    const { paint } = options;
    const failedWord = (status: string): string =>
      status === 'ignored' ? paint.cyan('ignored') : paint.red('FAILED');
    return foldHosts(inner, (event, hosts) => {
      const what =
        event.kind === 'step'
          ? `${failedWord(event.status)} ${event.step}: as before`
          : changeText(event, paint);
      print(`${paint.dim(`… and on ${fewOf(hosts)}:`)} ${what}\n`);
    });
  });
}

const MOST_NAMES = 4;

function fewOf(hosts: readonly string[]): string {
  return hosts.length > MOST_NAMES ? `${hosts.length} more` : hosts.join(', ');
}

function isRemarkable(recap: HostRecap): boolean {
  return recap.failed > 0 || recap.unreachable || recap.locked === true;
}
