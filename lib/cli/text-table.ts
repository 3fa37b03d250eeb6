/** Rows as aligned columns of text. */

/** The widest a column may push the next one. */
const WIDEST = 48;

export function table(rows: readonly (readonly string[])[]): string {
  const widths = new Map<number, number>();
  for (const row of rows) {
    for (const [at, cell] of row.entries())
      widths.set(at, Math.min(WIDEST, Math.max(widths.get(at) ?? 0, cell.length)));
  }
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths.get(at) ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
