/** Collects everything that is wrong, so that it can be shown together, sorted, each fault once. */
import type { Place, Problem } from '../base/problem.ts';
import { lineText, placeAt, type SourceFile, type Spot } from './node.ts';

/** Where a fault stands: a node, a spot in a text, a bare place (command line), or nowhere. */
export type Where = Spot | Place | undefined;

export interface Report {
  add(code: string, message: string, where?: Where, hint?: string): void;
  /** Makes the file's lines known for the excerpts of bare places. */
  source(file: SourceFile): void;
  readonly size: number;
  /** Sorted by file, line and column. */
  problems(): readonly Problem[];
}

export function createReport(): Report {
  const found = new Map<string, Problem>();
  const files = new Map<string, SourceFile>();
  return {
    add(code, message, where, hint) {
      const problem = locate(code, message, where, files);
      const place = problem.place;
      const key = `${place?.file}:${place?.line}:${place?.col}:${code}:${message}`;
      if (!found.has(key)) found.set(key, hint === undefined ? problem : { ...problem, hint });
    },
    source(file) {
      files.set(file.name, file);
    },
    get size() {
      return found.size;
    },
    problems() {
      return [...found.values()].sort(byPlace);
    },
  };
}

/** Lets through what is the first of its code and key: what many hosts have in common is told once. */
export type First = (code: string, key: string, add: () => void) => void;

export function createFirst(): First {
  const seen = new Set<string>();
  return (code, key, add) => {
    if (seen.has(`${code} ${key}`)) return;
    seen.add(`${code} ${key}`);
    add();
  };
}

function locate(
  code: string,
  message: string,
  where: Where,
  files: ReadonlyMap<string, SourceFile>,
): Problem {
  if (where === undefined) return { code, message };
  const place = 'start' in where ? placeAt(where.file, where.start) : where;
  const file = 'start' in where ? where.file : files.get(where.file);
  const excerpt = file && lineText(file, place.line);
  // A line as long as a book is no help, and thousands of problems in it would each show it.
  return excerpt === undefined || excerpt.length > LONGEST_LINE
    ? { code, message, place }
    : { code, message, place, excerpt };
}

const LONGEST_LINE = 500;

function byPlace(a: Problem, b: Problem): number {
  const x = a.place;
  const y = b.place;
  if (!x || !y) return (x ? 1 : 0) - (y ? 1 : 0);
  if (x.file !== y.file) return x.file < y.file ? -1 : 1;
  return x.line - y.line || x.col - y.col;
}
