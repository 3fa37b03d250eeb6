/** Globs over names: `*`, `?`, `[a-c]`, `[!a]`. However many stars there are, a name is gone through once. */

export type Matches = (name: string) => boolean;

/** A glob that cannot be read matches nothing. */
export function glob(text: string): Matches {
  try {
    const [first, ...rest] = text.split(/\*+/).map(pieceOf);
    const last = rest.pop();
    if (!first) return () => false;
    if (!last) return (name) => name.length === first.length && matchAt(first, name, 0);
    return (name) => {
      if (!matchAt(first, name, 0)) return false;
      let at = first.length;
      // As far left as each goes: what is left for the next only gets longer.
      for (const piece of rest) {
        while (!matchAt(piece, name, at)) if (++at > name.length) return false;
        at += piece.length;
      }
      const end = name.length - last.length;
      return end >= at && matchAt(last, name, end);
    };
  } catch {
    return () => false;
  }
}

/** Signs without a star: each stands for one sign of the name. */
interface Piece {
  readonly pattern: RegExp;
  readonly length: number;
}

function pieceOf(text: string): Piece {
  const signs = text.match(/\[[^\]]+\]|./gsu) ?? [];
  const source = signs.map((sign) => {
    if (sign === '?') return '.';
    if (sign.length > 1 && sign.startsWith('[')) return sign.replace(/^\[!/, '[^').replace(/\\/g, '\\\\');
    return sign.replace(/[.+^${}()|[\]\\]/, '\\$&');
  });
  return { pattern: new RegExp(source.join(''), 'uy'), length: signs.length };
}

function matchAt({ pattern }: Piece, name: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(name);
}
