/** What can be wrong with what the user wrote: collected, shown together, each with its place. */
import type { ProblemCode } from './problem-code.ts';

/** A place in a file: 1-based line and column. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** Keys down to the value, where no text of the file holds it: `hosts.roz.port` of an inventory that a program makes. */
  readonly path?: string;
}

/** One thing wrong, with where and what to do next. `code` is stable: tests and editors rely on it. */
export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly place?: Place;
  /** What to do next, one sentence. */
  readonly hint?: string;
  /** The source line, for the caret excerpt. */
  readonly excerpt?: string;
  /** Odd, but not wrong: it is told by `run validate`, and ends nothing. Otherwise an error. */
  readonly severity?: 'warning';
}

export function formatPlace(place: Place): string {
  const { file, line, col, path } = place;
  return path === undefined ? `${file}:${line}:${col}` : `${file}: ${path}`;
}

/** What formatPlace has written, as far as it has a line; a place without one is its file alone. */
export function parsePlace(text: string): Pick<Place, 'file'> & Partial<Place> {
  const [, file, line, col] = /^(.+):([1-9]\d*):([1-9]\d*)$/s.exec(text) ?? [];
  if (file !== undefined) return { file, line: Number(line), col: Number(col) };
  const [, alone = text, path] = /^(.+?): (.+)$/s.exec(text) ?? [];
  return path === undefined ? { file: alone } : { file: alone, path };
}

/** The problem as people read it: place, message, the line with a caret, what to do. */
export function formatProblem(problem: Problem): string {
  const head = problem.place ? `${formatPlace(problem.place)}: ` : '';
  const lines = [`${head}${problem.severity ? 'warning: ' : ''}${problem.message} [${problem.code}]`];
  const excerpt = excerptOf(problem);
  if (excerpt && problem.place) {
    const gutter = String(problem.place.line);
    lines.push(`  ${gutter} | ${excerpt.text}`, `  ${' '.repeat(gutter.length)} | ${excerpt.indent}^`);
  }
  if (problem.hint) lines.push(`  → ${problem.hint}`);
  return lines.join('\n');
}

/** Of a line longer than this, what stands around the place is shown: thousands of problems may be in it. */
const LONGEST_LINE = 200;
const BEFORE = 60;
const SHOWN = 120;

/** What is shown of the line, and blanks as wide as what stands before the caret; undefined without a line. */
export function excerptOf({
  excerpt,
  place,
}: Problem): { readonly text: string; readonly indent: string } | undefined {
  if (excerpt === undefined || !place) return undefined;
  const at = place.col - 1;
  const whole = excerpt.length <= LONGEST_LINE;
  const from = whole ? 0 : Math.max(0, at - BEFORE);
  const to = whole ? excerpt.length : from + SHOWN;
  const left = from > 0 ? '… ' : '';
  const text = `${left}${excerpt.slice(from, to)}${to < excerpt.length ? ' …' : ''}`;
  return { text, indent: blanks(left + excerpt.slice(from, at)) };
}

/** Tabs stay; characters two cells wide take two blanks, and those that lie over others none. */
function blanks(text: string): string {
  return text.replace(/\p{M}/gu, '').replace(WIDE, '  ').replace(/[^\t]/gu, ' ');
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/gu;
