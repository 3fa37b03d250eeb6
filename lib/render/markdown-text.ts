/** Pieces of Markdown out of which no text of a host can break: code spans, fences, names of hosts. */
import { printable } from './printable.ts';

/** Characters of a piece in a line of prose. */
const LONGEST = 240;

/**
 * Foreign text in a line: within a code span nothing is a mention, a link, a tag or a mark. In cells of tables, a bar
 * would still end the cell, and is written as GFM says.
 */
export function code(text: string): string {
  const line = clip(
    printable(text)
      .replace(/\s*\n\s*/g, ' ⏎ ')
      .replaceAll('\t', ' '),
    LONGEST,
  ).trim();
  if (line === '') return '(none)';
  const marks = '`'.repeat(longestRun(line) + 1);
  const gap = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${marks}${gap}${line}${gap}${marks}`;
}

export function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** Lines in a fence longer than any run of backquotes in them. */
export function fence(lines: readonly string[], language: string): readonly string[] {
  const marks = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [`${marks}${language}`, ...lines, marks];
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** At most so many characters, and never half a pair. */
export function clip(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Names, as many as `most`; then how many more. */
export function names(hosts: readonly string[], most: number): string {
  const shown = hosts.slice(0, hosts.length === most + 1 ? most + 1 : most).map(code);
  const more = hosts.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`;
}

/** Within tags that Markdown leaves alone, such as `<summary>`. */
export function html(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('@', '&#64;');
}
