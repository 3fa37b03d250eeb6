/** Changes that differ from one told before in a few lines alone: of them, those lines are all that has to be told. */
import type { Difference } from '../model/resource.ts';
import { differenceLines } from './difference.ts';
import { clip, count, fence } from './markdown-text.ts';
import { createPaint } from './paint.ts';
import { printable } from './printable.ts';

const PLAIN = createPaint(false);

/** What a variant can be found by. */
export interface Comparable {
  readonly shape: string;
  readonly summary: string;
  readonly diff: readonly Difference[];
}

export interface Variant<T> {
  readonly of: T;
  /** Its own lines, with the sign that they have in a diff. */
  readonly lines: readonly string[];
}

/** Lines in which two changes may differ to be told as one. */
const MOST_LINES = 6;
const WIDTH = 160;

/** Of the first of each shape, in order. Whatever else differs, as lines that are there on one side alone, is none. */
export function variantsOf<T extends Comparable>(all: readonly T[]): ReadonlyMap<T, Variant<T>> {
  const firsts = new Map<string, T>();
  const found = new Map<T, Variant<T>>();
  for (const each of all) {
    const first = firsts.get(each.shape);
    if (!first) firsts.set(each.shape, each);
    const lines = first && ownLines(first, each);
    if (first && lines) found.set(each, { of: first, lines });
  }
  return found;
}

function ownLines(first: Comparable, other: Comparable): readonly string[] | undefined {
  const [a, b] = [first, other].map(({ diff }) => diff.map(parts));
  if (!a || !b || a.length !== b.length) return undefined;
  const lines: string[] = [];
  for (const [at, old] of a.entries()) {
    const now = b[at] ?? [];
    if (old.length !== now.length) return undefined;
    for (const [index, line] of now.entries()) if (line !== old[index]) lines.push(line);
    if (lines.length > MOST_LINES) return undefined;
  }
  if (lines.length > 0) return unchangedOnce(lines);
  return first.summary === other.summary ? undefined : [other.summary];
}

/** A line that is there before and after is no change, but tells on what the host differs. */
function unchangedOnce(lines: readonly string[]): readonly string[] {
  const after = new Set(lines.filter((line) => line.startsWith('+')).map((line) => line.slice(1)));
  const same = new Set(
    lines.filter((line) => line.startsWith('-') && after.has(line.slice(1))).map((line) => line.slice(1)),
  );
  return lines.flatMap((line) => {
    if (!same.has(line.slice(1))) return [line];
    return line.startsWith('-') ? [` ${line.slice(1)}`] : [];
  });
}

/** All of it, line by line, nothing trimmed: what is compared has to be what there is. */
function parts(diff: Difference): readonly string[] {
  switch (diff.kind) {
    case 'field':
      return [`${diff.name}: ${diff.from || '(none)'} → ${diff.to || '(none)'}`];
    case 'text':
      return [...signed('-', diff.before), ...signed('+', diff.after)];
    case 'binary':
      return [`${diff.before ?? 'absent'} → ${diff.after ?? 'absent'}`];
    case 'secret':
      return differenceLines([diff], PLAIN);
  }
}

function signed(sign: string, text: string | null): readonly string[] {
  return text === null ? [`${sign}absent`] : text.split('\n').map((line) => `${sign}${line}`);
}

/** A line or more for each: its hosts, and what is its own there. */
export function variantLines(
  variants: readonly { readonly hosts: readonly string[]; readonly lines: readonly string[] }[],
  leftOut: number,
): readonly string[] {
  if (variants.length === 0 && leftOut === 0) return [];
  const labels = variants.map(({ hosts }) =>
    clip(
      printable(`${hosts[0] ?? ''}${hosts.length > 1 ? ` and ${hosts.length - 1} more` : ''}`),
      60,
    ).replaceAll('\n', ' '),
  );
  const width = Math.max(...labels.map((label) => label.length), 0);
  const lines = variants.flatMap(({ lines: own }, at) =>
    own.map(
      (line, index) =>
        `${(index === 0 ? (labels[at] ?? '') : '').padEnd(width)}  ${clip(printable(line).replaceAll('\n', ' '), WIDTH)}`,
    ),
  );
  const rest = leftOut > 0 ? [`… and on ${count(leftOut, 'host')} more, left out here`] : [];
  const hosts = variants.reduce((sum, each) => sum + each.hosts.length, leftOut);
  const title = `The same on ${count(hosts, 'more host')}, but for these lines`;
  return [
    `<details><summary>${title}</summary>`,
    '',
    ...fence([...lines, ...rest], 'text'),
    '',
    '</details>',
  ];
}
