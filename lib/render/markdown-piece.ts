/** What the Markdown of a run tells, piece by piece, each in several lengths. */
import type { Difference } from '../model/resource.ts';
import type { Weight } from '../model/review.ts';
import { clip, fence, names } from './markdown-text.ts';

/** 0: left out; 1: a line; 2: with the beginning of its difference; 3: whole. */
export type Detail = 0 | 1 | 2 | 3;

export interface Piece {
  readonly kind: 'failure' | 'unreachable' | 'change' | 'later' | 'warning';
  readonly weight: Weight;
  readonly hosts: readonly string[];
  /** Alike for what differs in its values alone, as an address in a file of each host. */
  readonly shape: string;
  /** The line, without its hosts. */
  readonly line: string;
  /** Of a change: what it is told by where others are compared with it. */
  readonly summary: string;
  readonly diff: readonly Difference[];
  /** What stands below it at a detail of 2 and 3, not yet indented. */
  readonly body: (detail: 2 | 3) => readonly string[];
}

export const NO_DIFFERENCE = { summary: '', diff: [] } as const;
const SHORT_LINES = 10;
const SHORT_WIDTH = 160;
const WIDTH = 400;
/** Lines beyond which a difference is folded up. */
const OPEN_LINES = 16;

export function block(all: readonly string[], detail: 2 | 3, language: string): readonly string[] {
  if (all.length === 0) return [];
  const lines = all.flatMap((line) => line.split('\n'));
  const most = detail === 2 ? SHORT_LINES : lines.length;
  const shown = lines.slice(0, most).map((line) => clip(line, detail === 2 ? SHORT_WIDTH : WIDTH));
  const more = lines.length - shown.length;
  const fenced = fence(more > 0 ? [...shown, `… ${more} more lines`] : shown, language);
  if (shown.length <= OPEN_LINES) return fenced;
  return [`<details><summary>${shown.length} lines</summary>`, '', ...fenced, '', '</details>'];
}

/** The whole is asked for again and again while lengths are tried. */
export function once(make: (detail: 2 | 3) => readonly string[]): (detail: 2 | 3) => readonly string[] {
  const made = new Map<2 | 3, readonly string[]>();
  return (detail) => {
    const known = made.get(detail) ?? make(detail);
    made.set(detail, known);
    return known;
  };
}

const MOST_NAMES = 6;

/** `on 12 hosts: …`; on the one host that it is. */
export function onHosts(hosts: readonly string[]): string {
  if (hosts.length === 0) return '';
  if (hosts.length === 1) return ` · on ${names(hosts, 1)}`;
  return ` · the same on ${hosts.length} hosts: ${names(hosts, MOST_NAMES)}`;
}

/** A list item: its line, what stands below it, and after that `more`. */
export function item(piece: Piece, detail: Detail, hosts: string, more: readonly string[] = []): string {
  const own = detail >= 2 ? piece.body(detail as 2 | 3) : [];
  const below = more.length > 0 && own.length > 0 ? [...own, '', ...more] : [...own, ...more];
  return [`- ${piece.line}${hosts}`, ...below.map((line) => (line === '' ? '' : `  ${line}`)), ''].join('\n');
}
