/** Patterns of OpenSSH: `*`, `?`, and lists in which a `!` pattern vetoes. */

/** One pattern without `!` against the whole text. No regular expression: hostile patterns stay linear. */
export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let mark = 0;
  while (from < text.length) {
    const sign = pattern[at];
    if (sign === '*') {
      star = at;
      mark = from;
      at += 1;
    } else if (sign !== undefined && (sign === '?' || sign === text[from])) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      at = star + 1;
      mark += 1;
      from = mark;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** True when some pattern matches and no negated one does. */
export function matchesList(patterns: readonly string[], text: string): boolean {
  let found = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), text)) return false;
    } else {
      found ||= matchesPattern(pattern, text);
    }
  }
  return found;
}
