/** What is told at which length, so that the whole stays within its limit: what weighs most comes first. */
import type { Detail, Piece } from './markdown-piece.ts';

export type Details = ReadonlyMap<Piece, Detail>;

interface Upgrade {
  readonly piece: Piece;
  readonly to: Detail;
}

/** The longest text of `write` within `limit` bytes. What cannot be told is left to `write` to say. */
export function fit(
  pieces: readonly Piece[],
  variants: ReadonlyMap<Piece, unknown>,
  limit: number,
  write: (details: Details) => string,
): string {
  const upgrades = upgradesOf(pieces, variants);
  const at = (count: number): string => {
    const details = new Map<Piece, Detail>(pieces.map((piece) => [piece, 0]));
    for (const { piece, to } of upgrades.slice(0, count)) details.set(piece, to);
    return write(details);
  };
  const fits = (text: string): boolean => Buffer.byteLength(text) <= limit;
  const whole = at(upgrades.length);
  if (fits(whole)) return whole;
  let low = 0;
  let high = upgrades.length;
  while (low < high - 1) {
    const middle = (low + high) >> 1;
    if (fits(at(middle))) low = middle;
    else high = middle;
  }
  // Where pieces that are alike part from one another, more details may take less room: nearly sorted is not sorted.
  while (low > 0 && !fits(at(low))) low -= 1;
  return at(low);
}

/**
 * Lines of what is urgent, then its differences; lines of the rest; of what is alike the first as a whole, then the
 * lines that are others' own, then the others. What is so on many hosts comes before what is so on few.
 */
function upgradesOf(pieces: readonly Piece[], variants: ReadonlyMap<Piece, unknown>): readonly Upgrade[] {
  const shapes = new Set<string>();
  const again = new Set(pieces.filter(({ shape }) => shapes.has(shape) || !shapes.add(shape)));
  const rank = (piece: Piece): readonly number[] => [
    ORDER[piece.kind],
    WEIGHT[piece.weight],
    again.has(piece) ? 1 : 0,
    -piece.hosts.length,
  ];
  const ranks = new Map(pieces.map((piece) => [piece, rank(piece)]));
  const sorted = [...pieces].sort((a, b) => compare(ranks.get(a) ?? [], ranks.get(b) ?? []));
  const urgent = sorted.filter(isUrgent);
  const urgentVariant = urgent.filter((piece) => variants.has(piece));
  const urgentFirst = urgent.filter((piece) => !variants.has(piece));
  const plain = sorted.filter((piece) => !isUrgent(piece));
  const first = plain.filter((piece) => !again.has(piece));
  const variant = plain.filter((piece) => variants.has(piece));
  const other = plain.filter((piece) => again.has(piece) && !variants.has(piece));
  const to = (detail: Detail, list: readonly Piece[]): readonly Upgrade[] =>
    list.map((piece) => ({ piece, to: detail }));
  return [
    ...to(1, urgentFirst),
    ...to(2, urgentFirst),
    ...to(3, urgentVariant),
    ...to(1, plain),
    ...to(2, first),
    ...to(3, first),
    ...to(3, variant),
    ...to(2, other),
    ...to(3, urgentFirst),
    ...to(3, other),
  ];
}

/** What a reviewer has to see first. */
export function isUrgent({ kind, weight }: Piece): boolean {
  return kind === 'failure' || kind === 'unreachable' || weight !== 'plain';
}

const ORDER: Readonly<Record<Piece['kind'], number>> = {
  unreachable: 1,
  failure: 1,
  change: 0,
  later: 2,
  warning: 1,
};
const WEIGHT = { destructive: 0, restart: 1, plain: 2 } as const;

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
