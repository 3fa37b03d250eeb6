/** What can be wrong with what the user wrote: collected, shown together, each with its place. */
import type { ProblemCode } from './problem-code.ts';

/** A place in a file: 1-based line and column. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly col: number;
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
  return `${place.file}:${place.line}:${place.col}`;
}

/** The problem as people read it: place, message, the line with a caret, what to do. */
export function formatProblem(problem: Problem): string {
  const head = problem.place ? `${formatPlace(problem.place)}: ` : '';
  const lines = [`${head}${problem.message} [${problem.code}]`];
  if (problem.excerpt !== undefined && problem.place) {
    const gutter = String(problem.place.line);
    const caret = problem.excerpt.slice(0, problem.place.col - 1).replace(/[^\t]/g, ' ');
    lines.push(`  ${gutter} | ${problem.excerpt}`, `  ${' '.repeat(gutter.length)} | ${caret}^`);
  }
  if (problem.hint) lines.push(`  → ${problem.hint}`);
  return lines.join('\n');
}
