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
    return foldHosts(inner, (event, more) =>
      print(`${options.paint.dim(`… and on ${more} more:`)} ${changeText(event, options.paint)}\n`),
    );
  });
}

function isRemarkable(recap: HostRecap): boolean {
  return recap.failed > 0 || recap.unreachable;
}
