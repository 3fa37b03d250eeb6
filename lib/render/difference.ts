/** Differences as lines: key by key or a unified diff for text, from → to for the rest, never a secret. */
import type { Difference } from '../model/resource.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';
import { type KeyedChange, keyedChanges } from './structure.ts';
import { changedLines, hunksOf, shortened, unifiedLines } from './unified.ts';

export function differenceLines(diff: readonly Difference[], paint: Paint): readonly string[] {
  return diff.flatMap((item) => lines(item, paint));
}

function lines(item: Difference, paint: Paint): readonly string[] {
  switch (item.kind) {
    case 'field':
      return [`${printable(item.name)}: ${shown(item.from)} → ${shown(item.to)}`];
    case 'text':
      return textLines(item, paint);
    case 'binary':
      return [`${item.before ?? 'absent'} → ${item.after ?? 'absent'}`];
    case 'secret':
      return [secretLine(item)];
  }
}

/** `‹wg_key 3fa9→b71c›`: one sees that it changes, never what it is. */
function secretLine({ name, from, to }: Extract<Difference, { kind: 'secret' }>): string {
  if (to === undefined) return `‹secret ${printable(name)}› changes; it is not shown`;
  const side = (mark: string | null | undefined): string => (mark === null ? 'none' : (mark ?? '?'));
  return `‹${printable(name)} ${side(from)}→${side(to)}›`;
}

function shown(value: string): string {
  return value === '' ? '(none)' : shortened(value);
}

function textLines(item: Extract<Difference, { kind: 'text' }>, paint: Paint): readonly string[] {
  const [before, after] = [item.before ?? '', item.after ?? ''];
  if (before === after) {
    if (item.before === null) return ['an empty text is made'];
    return item.after === null
      ? ['an empty text goes']
      : ['the texts differ in a secret, which is not shown'];
  }
  const ends = lineEnds(before, after);
  const [old, now] = ends ? [plainEnds(before), plainEnds(after)] : [before, after];
  const hunks = old === now ? [] : hunksOf(old, now);
  if (!hunks)
    return [...(ends ?? []), `the texts differ in too much to show how: ${size(before)} → ${size(after)}`];
  const both = item.before !== null && item.after !== null;
  const keyed = both ? keyedChanges(item.path, old, now, changedLines(hunks)) : undefined;
  return [
    ...(ends ?? []),
    ...(keyed ? keyed.map((each) => keyedLine(each, paint)) : unifiedLines(hunks, paint)),
  ];
}

function keyedLine({ name, from, to }: KeyedChange, paint: Paint): string {
  if (from === undefined) return paint.green(`+ ${printable(name)}: ${shown(to ?? '')}`);
  if (to === undefined) return paint.red(`- ${printable(name)}: ${shown(from)}`);
  return `${printable(name)}: ${shown(from)} → ${shown(to)}`;
}

/** All line ends change from one sort to the other: said once, not line by line. */
function lineEnds(before: string, after: string): readonly string[] | undefined {
  const [from, to] = [endsOf(before), endsOf(after)];
  if (!from || !to || from === to) return undefined;
  return [`line ends: ${from} → ${to}, in all ${after.split('\n').length - 1} lines`];
}

/** Undefined where there are none, or of both sorts. */
function endsOf(text: string): 'LF' | 'CRLF' | undefined {
  const all = text.split('\n').length - 1;
  const windows = text.split('\r\n').length - 1;
  if (all === 0) return undefined;
  return windows === 0 ? 'LF' : windows === all ? 'CRLF' : undefined;
}

function plainEnds(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

function size(text: string): string {
  return `${text.split('\n').length} lines, ${text.length} characters`;
}
