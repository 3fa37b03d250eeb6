/** Differences as lines: unified diff for text, from → to for the rest, never a secret. */
import { createRequire } from 'node:module';
import type { Difference } from '../model/resource.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

const CONTEXT_LINES = 2;
const LONGEST = 60;
/** Characters of a line that are shown. */
const WIDEST = 400;
/** Comparing two large texts may take for ever; then they are only said to differ. Milliseconds. */
const PATIENCE_MS = 500;

export function differenceLines(diff: readonly Difference[], paint: Paint): readonly string[] {
  return diff.flatMap((item) => lines(item, paint));
}

function lines(item: Difference, paint: Paint): readonly string[] {
  switch (item.kind) {
    case 'field':
      return [`${item.name}: ${shown(item.from)} → ${shown(item.to)}`];
    case 'text':
      return textLines(item.before, item.after, paint);
    case 'binary':
      return [`${item.before ?? 'absent'} → ${item.after ?? 'absent'}`];
    case 'secret':
      return [`‹secret ${item.name}› changes; it is not shown`];
  }
}

function shown(value: string): string {
  return value === '' ? '(none)' : shortened(value);
}

/** A file may be one line of a megabyte. */
function shortened(line: string): string {
  const shown = printable(line.slice(0, WIDEST));
  return line.length > WIDEST ? `${shown}… ${line.length - WIDEST} more characters` : shown;
}

function textLines(before: string | null, after: string | null, paint: Paint): readonly string[] {
  const require = createRequire(import.meta.url);
  const { structuredPatch } = require('diff') as typeof import('diff');
  const patch = structuredPatch('', '', before ?? '', after ?? '', '', '', {
    context: CONTEXT_LINES,
    timeout: PATIENCE_MS,
  });
  if (!patch) return ['the texts differ (too long to show how)'];
  const lines = patch.hunks.flatMap((hunk) => [
    paint.cyan(`@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`),
    ...hunk.lines
      .map(shortened)
      .map((line) =>
        line.startsWith('+') ? paint.green(line) : line.startsWith('-') ? paint.red(line) : line,
      ),
  ]);
  if (lines.length <= LONGEST) return lines;
  return [...lines.slice(0, LONGEST), paint.dim(`… ${lines.length - LONGEST} more lines`)];
}
