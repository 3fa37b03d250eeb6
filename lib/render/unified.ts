/** Texts compared line by line, with everything visible in which two lines can differ. */
import { createRequire } from 'node:module';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

const CONTEXT_LINES = 2;
const LONGEST = 60;
/** Characters of a line that are shown. */
const WIDEST = 400;
/** How much of a long line stands before the place in which it differs. */
const LEAD = 60;
/** Comparing two large texts may take for ever; then they are only said to differ. Milliseconds. */
const PATIENCE_MS = 500;

export interface Hunk {
  readonly head: string;
  /** Each with its sign: ` `, `+`, `-`, or `\` for a remark on the line before. */
  readonly lines: readonly string[];
}

/** Undefined where the texts are too long to be compared. */
export function hunksOf(before: string, after: string): readonly Hunk[] | undefined {
  const require = createRequire(import.meta.url);
  const { structuredPatch } = require('diff') as typeof import('diff');
  const patch = structuredPatch('', '', before, after, '', '', {
    context: CONTEXT_LINES,
    timeout: PATIENCE_MS,
  });
  return patch?.hunks.map(({ oldStart, oldLines, newStart, newLines, lines }) => ({
    head: `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`,
    lines,
  }));
}

/** Lines that are new or gone, with their sign. */
export function changedLines(hunks: readonly Hunk[]): readonly string[] {
  return hunks.flatMap(({ lines }) => lines.filter((line) => /^[+-]/.test(line)));
}

/** Every line for people, trimmed to its first ones where there are many. */
export function unifiedLines(hunks: readonly Hunk[], paint: Paint): readonly string[] {
  const all = hunks.flatMap(({ head, lines }) => [
    paint.cyan(head),
    ...readable(lines).map((line) =>
      line.startsWith('+') ? paint.green(line) : line.startsWith('-') ? paint.red(line) : line,
    ),
  ]);
  if (all.length <= LONGEST) return all;
  const signs = hunks.flatMap(({ head, lines }) => [head, ...lines]).slice(LONGEST);
  const count = (sign: string): number => signs.filter((line) => line.startsWith(sign)).length;
  return [
    ...all.slice(0, LONGEST),
    paint.dim(`… ${signs.length} more lines of this difference: +${count('+')} −${count('-')}`),
  ];
}

/** What only blanks tell apart is shown with its blanks; of long lines the part in which they differ. */
function readable(lines: readonly string[]): readonly string[] {
  const rivals = pairs(lines);
  return lines.map((line, index) => {
    if (!/^[+-]/.test(line)) return shortened(line, 0);
    const rival = rivals.get(index)?.slice(1);
    const text = line.slice(1);
    const start = rival === undefined ? 0 : Math.max(0, common(text, rival) - LEAD);
    const blanks = rival !== undefined && text !== rival && bare(text) === bare(rival);
    return `${line[0]}${shortened(blanks ? allBlanks(text) : lastBlanks(text), text.length < WIDEST ? 0 : start, WIDEST - 1)}`;
  });
}

/** Of each run of removed and added lines the first with the first, the second with the second. */
function pairs(lines: readonly string[]): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (let at = 0; at < lines.length; ) {
    const gone: number[] = [];
    const come: number[] = [];
    for (; lines[at]?.startsWith('-') || (gone.length > 0 && isRemark(lines, at)); at += 1) gone.push(at);
    for (; lines[at]?.startsWith('+') || (come.length > 0 && isRemark(lines, at)); at += 1) come.push(at);
    gone.forEach((old, index) => {
      const now = come[index];
      if (now === undefined) return;
      found.set(old, lines[now] ?? '');
      found.set(now, lines[old] ?? '');
    });
    if (gone.length + come.length === 0) at += 1;
  }
  return found;
}

function isRemark(lines: readonly string[], at: number): boolean {
  return lines[at]?.startsWith('\\') ?? false;
}

function common(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

function bare(text: string): string {
  return text.replace(/[^\S\r]+/g, '');
}

function allBlanks(text: string): string {
  return text.replaceAll(' ', '·').replaceAll('\t', '⇥');
}

/** Blanks at the end of a line are seen by nobody, and by many programs. */
function lastBlanks(text: string): string {
  return text.replace(/[ \t]+(?=\r?$)/, allBlanks);
}

/** A file may be one line of a megabyte. */
export function shortened(line: string, start = 0, width = WIDEST): string {
  const part = line.slice(start, start + width);
  const more = line.length - start - part.length;
  return `${start > 0 ? `… ${start} characters … ` : ''}${visible(part)}${more > 0 ? `… ${more} more characters` : ''}`;
}

/** Characters that take no room, or look like a blank. */
const UNSEEN = /(?! )[\p{Default_Ignorable_Code_Point}\p{Zs}\p{Zl}\p{Zp}]/gu;

function visible(text: string): string {
  return printable(text).replace(UNSEEN, (letter) => {
    const code = (letter.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
  });
}
