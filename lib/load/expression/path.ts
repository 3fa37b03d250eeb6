/** What an expression looks at: paths such as `hosts["wro"].steps.key.outputs.public_key`, found without running it. */

/** One step along a path. `name` is undefined where it is computed; `optional` marks `.?x`. */
export interface Segment {
  readonly name: string | undefined;
  readonly optional: boolean;
}

export interface Path {
  readonly root: string;
  readonly segments: readonly Segment[];
  /** Offset in the expression's text. */
  readonly at: number;
  /** Inside `has(…)`: it may be missing. */
  readonly tested: boolean;
}

const SIMPLE = /^\s*([a-zA-Z_]\w*)((?:\s*\.\s*[a-zA-Z_]\w*|\[\s*"[^"\\]*"\s*\]|\[\s*'[^'\\]*'\s*\])*)\s*$/;
const PIECE = /\.\s*([a-zA-Z_]\w*)|\[\s*"([^"\\]*)"\s*\]|\[\s*'([^'\\]*)'\s*\]/g;
const WORDS = new Set(['true', 'false', 'null', 'in']);

/**
 * The path that the whole expression is, or undefined when it is more than that. Most expressions are a path;
 * they are read and evaluated without the expression language's library, which need not even be loaded then.
 */
export function simplePath(text: string): Path | undefined {
  const match = SIMPLE.exec(text);
  if (!match?.[1] || WORDS.has(match[1])) return undefined;
  const segments: Segment[] = [];
  for (const piece of (match[2] ?? '').matchAll(PIECE)) {
    segments.push({ name: piece[1] ?? piece[2] ?? piece[3], optional: false });
  }
  return { root: match[1], segments, at: text.search(/\S/), tested: false };
}

/** The path as people write it. */
export function showPath(root: string, names: readonly (string | undefined)[]): string {
  const step = (name: string | undefined): string =>
    name === undefined ? '[…]' : /^[a-zA-Z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  return root + names.map(step).join('');
}
