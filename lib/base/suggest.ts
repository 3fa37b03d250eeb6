/** "Did you mean": the nearest of some names, or nothing when none is near. */

/** The candidate within a third of the word's length (at least 1, at most 3 edits), else undefined. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  // One edit makes any letter of any other.
  if (word.length < 2) return undefined;
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** A hint sentence: `did you mean "frr"?`, or the list of names when it is short, or undefined. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const names = [...new Set(candidates)];
  const near = nearest(word, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  if (names.length === 0) return undefined;
  return names.length <= 12 ? `known: ${names.sort().join(', ')}` : undefined;
}

/** Damerau-Levenshtein distance (a swap of neighbours is one edit), cut off at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, (before[j - 2] ?? 0) + 1);
      }
      next.push(value);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? limit;
}
