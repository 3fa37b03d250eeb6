/** Text with `${{ }}` in it, cut into literal pieces and expressions. */

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `at` is the number of `${{` before it in the text: the key to its place in the file. */
  | { readonly kind: 'expression'; readonly text: string; readonly at: number };

/** `$${{` is a literal `${{`. Throws when an expression is not closed. */
export function splice(text: string): readonly Piece[] {
  if (!text.includes('${{')) return [{ kind: 'text', text }];
  const pieces: Piece[] = [];
  let literal = '';
  let count = 0;
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${{', at)) {
      literal += '${{';
      count += 1;
      at += 4;
    } else if (text.startsWith('${{', at)) {
      const end = expressionEnd(text, at + 3);
      if (end === undefined) throw new Error('"${{" is not closed by "}}"');
      if (literal !== '') pieces.push({ kind: 'text', text: literal });
      literal = '';
      pieces.push({ kind: 'expression', text: text.slice(at + 3, end), at: count });
      count += 1;
      at = end + 2;
    } else {
      literal += text[at];
      at += 1;
    }
  }
  if (literal !== '') pieces.push({ kind: 'text', text: literal });
  return pieces;
}

/** Offset of the closing `}}`: strings and map literals inside the expression do not end it. */
function expressionEnd(text: string, from: number): number | undefined {
  let depth = 0;
  let quote = '';
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (quote !== '') {
      if (letter === '\\') at += 1;
      else if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '{') depth += 1;
    else if (letter === '}') {
      if (depth > 0) depth -= 1;
      else if (text[at + 1] === '}') return at;
    }
  }
  return undefined;
}
