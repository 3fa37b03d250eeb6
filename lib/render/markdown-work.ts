/** The changes of a run by the hosts that they are on: each stands there once, its variants below it. */
import type { Details } from './markdown-fit.ts';
import { item, type Piece } from './markdown-piece.ts';
import { clip, count, html, names } from './markdown-text.ts';
import { type Variant, variantLines } from './markdown-variant.ts';

const MOST_NAMES = 12;

export type Variants = ReadonlyMap<Piece, Variant<Piece>>;

export function workText(
  title: string,
  pieces: readonly Piece[],
  variants: Variants,
  details: Details,
): string {
  const shown = pieces.filter((piece) => (details.get(piece) ?? 0) > 0);
  if (shown.length === 0) return '';
  const variantOf = (piece: Piece): Piece | undefined => {
    const first = variants.get(piece)?.of;
    return first && (details.get(first) ?? 0) >= 2 ? first : undefined;
  };
  const alike = groupBy(shown, ({ shape }) => shape);
  const brief = (piece: Piece): boolean =>
    !variantOf(piece) && details.get(piece) === 1 && (alike.get(piece.shape)?.length ?? 0) > 1;
  const below = groupBy(
    shown.filter((piece) => variantOf(piece)),
    variantOf,
  );
  const blocks = groupBy(
    shown.filter((piece) => !brief(piece) && !variantOf(piece)),
    ({ hosts }) => hosts.join('\n'),
  );
  const first = new Set([...alike.values()].map(([piece]) => piece));
  const texts = [...blocks.values()].map((list) => {
    const items = list.map((piece) => {
      const more = variantText(below.get(piece) ?? [], variants, details);
      return item(piece, details.get(piece) ?? 0, '', more);
    });
    const open = list.some((piece) => first.has(piece));
    return open ? openBlock(list, items) : foldedBlock(list, items);
  });
  const rest = [...alike.values()].map((list) => list.filter(brief)).filter((list) => list.length > 0);
  return `\n### ${title}\n${texts.join('')}${briefText(rest)}`;
}

/** Below a piece: the lines of those that are like it. */
export function variantText(list: readonly Piece[], variants: Variants, details: Details): readonly string[] {
  const told = list.filter((piece) => (details.get(piece) ?? 0) > 1);
  const left = list.filter((piece) => !told.includes(piece)).flatMap(({ hosts }) => hosts);
  return variantLines(
    told.map((piece) => ({ hosts: piece.hosts, lines: variants.get(piece)?.lines ?? [] })),
    left.length,
  );
}

/** In the order in which they are made on a host. */
function openBlock(list: readonly Piece[], items: readonly string[]): string {
  const hosts = list[0]?.hosts ?? [];
  const same = hosts.length > 1 ? `: the same on ${hosts.length} hosts` : '';
  return `\n#### ${names(hosts, MOST_NAMES)}${same}\n\n${items.join('')}`;
}

/** All of it is like something before, but for its values. */
function foldedBlock(list: readonly Piece[], items: readonly string[]): string {
  const [one = '', ...more] = list[0]?.hosts ?? [];
  const hosts = `<code>${html(clip(one, 80))}</code>${more.length > 0 ? ` and ${more.length} more` : ''}`;
  const title = `${hosts}: as above with other values, ${count(list.length, 'change')}`;
  return `\n<details><summary>${title}</summary>\n\n${items.join('')}\n</details>\n`;
}

/** Those of which only so much is told that they are there. */
function briefText(groups: readonly (readonly Piece[])[]): string {
  if (groups.length === 0) return '';
  const items = groups.map((list) => {
    const hosts = [...new Set(list.flatMap((piece) => piece.hosts))];
    const each = list.length > 1 ? ', each with values of its own' : '';
    return `- ${list[0]?.line ?? ''} · on ${count(hosts.length, 'host')}${each}: ${names(hosts, MOST_NAMES)}\n`;
  });
  return `\n#### Alike, with other values\n\n${items.join('')}`;
}

export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const each of items) {
    const key = keyOf(each);
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return groups;
}
