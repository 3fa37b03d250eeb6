/** Rows of a drawing: who stands left of whom, and where, so that lines are short and cross seldom. */

export interface Cell {
  readonly width: number;
  /** Cells of a lower lane stand left of those of a higher one. */
  readonly lane: number;
  /** Middle, in pixels. */
  x: number;
  readonly before: Cell[];
  readonly after: Cell[];
}

const SPACE = 22;
const SWEEPS = 8;

/** Puts each row in order, by where what it is joined to stands, now from above, now from below. */
export function sortRows(rows: Cell[][]): void {
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const known = new Map<Cell, number>();
      for (const each of rows)
        for (const [index, cell] of each.entries()) known.set(cell, index - each.length / 2);
      const wish = new Map(
        row.map((cell) => [
          cell,
          mean(down ? cell.before : cell.after, (one) => known.get(one) ?? 0) ?? known.get(cell) ?? 0,
        ]),
      );
      row.sort((a, b) => a.lane - b.lane || (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
    }
  }
}

/** Gives every cell its place; the width of the whole. */
export function alignRows(rows: readonly (readonly Cell[])[]): number {
  const lanes = laneStarts(rows);
  for (const row of rows)
    place(
      row,
      row.map((_, index) => index),
      lanes,
    );
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const near = (cell: Cell): readonly Cell[] => {
        const joined = down ? cell.before : cell.after;
        return joined.filter((each) => each.lane === cell.lane);
      };
      place(
        row,
        row.map((cell) => mean(near(cell), (one) => one.x) ?? cell.x),
        lanes,
      );
    }
  }
  const cells = rows.flat();
  const left = Math.min(0, ...cells.map(({ x, width }) => x - width / 2));
  for (const cell of cells) cell.x -= left;
  return Math.max(0, ...cells.map(({ x, width }) => x + width / 2));
}

/** Where each lane begins and ends: as wide as its widest row. */
function laneStarts(rows: readonly (readonly Cell[])[]): readonly (readonly [from: number, to: number])[] {
  const widths: number[] = [];
  for (const row of rows) {
    const used = new Map<number, number>();
    for (const { lane, width } of row) used.set(lane, (used.get(lane) ?? 0) + width + SPACE);
    for (const [lane, width] of used) widths[lane] = Math.max(widths[lane] ?? 0, width);
  }
  if (widths.length < 2) return [[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]];
  let at = 0;
  return widths.map((width) => {
    const from = at;
    at += width + SPACE;
    return [from, at - SPACE] as const;
  });
}

/** As near to the wishes as the order and the room between allow: neighbours that would collide move as one block. */
function place(row: readonly Cell[], wishes: readonly number[], lanes: ReturnType<typeof laneStarts>): void {
  let offset = 0;
  const offsets = row.map((cell, index) => {
    const before = row[index - 1];
    if (before) offset += (before.width + cell.width) / 2 + SPACE;
    return offset;
  });
  const blocks: { sum: number; count: number }[] = [];
  for (const [index, wish] of wishes.entries()) {
    let block = { sum: wish - (offsets[index] ?? 0), count: 1 };
    for (
      let last = blocks.at(-1);
      last && last.sum / last.count >= block.sum / block.count;
      last = blocks.at(-1)
    ) {
      blocks.pop();
      block = { sum: block.sum + last.sum, count: block.count + last.count };
    }
    blocks.push(block);
  }
  let index = 0;
  for (const { sum, count } of blocks)
    for (let done = 0; done < count; done += 1) {
      const cell = row[index];
      if (cell) cell.x = sum / count + (offsets[index] ?? 0);
      index += 1;
    }
  if (lanes.length > 1) keepLanes(row, lanes);
}

function keepLanes(row: readonly Cell[], lanes: ReturnType<typeof laneStarts>): void {
  for (const [lane, [from, to]] of lanes.entries()) {
    const own = row.filter((cell) => cell.lane === lane);
    const width = own.reduce((sum, cell) => sum + cell.width + SPACE, -SPACE);
    let at = (from + to - width) / 2;
    for (const cell of own) {
      cell.x = at + cell.width / 2;
      at += cell.width + SPACE;
    }
  }
}

function mean(cells: readonly Cell[], of: (cell: Cell) => number): number | undefined {
  if (cells.length === 0) return undefined;
  return cells.reduce((sum, cell) => sum + of(cell), 0) / cells.length;
}
