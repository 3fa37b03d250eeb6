/** Collects everything that is wrong, so that it can be shown together, sorted, each fault once. */
import { formatPlace, type Place, type Problem } from '../../base/problem.ts';
import type { ProblemCode } from '../../base/problem-code.ts';
import type { Secret } from '../../base/secret.ts';
import { createTextMask, mapText } from '../../base/text-mask.ts';
import { lineText, placeAt, type SourceFile, type Spot } from './node.ts';
import { type Hider, hiderOf } from './secret-text.ts';

/** Where a fault stands: a node, a spot in a text, a bare place (command line), or nowhere. */
export type Where = Spot | Place | undefined;

/** A problem that has been told, and what its message becomes when more have it. */
export interface Told {
  reword(message: string): void;
}

export interface Report {
  add(code: ProblemCode, message: string, where?: Where, hint?: string): Told | undefined;
  /** What is odd, and wrong for nobody but perhaps the one who wrote it. */
  warn(code: ProblemCode, message: string, where?: Where, hint?: string): void;
  /** What has one of these codes from now on follows from what has been told, and is not. */
  hush(codes: readonly ProblemCode[]): void;
  /** Makes the file's lines known for the excerpts of bare places. */
  source(file: SourceFile): void;
  /** From now on nothing is told of these. */
  conceal(secrets: readonly Secret[]): void;
  /** How many errors there are. */
  readonly size: number;
  /** The errors, sorted by file, line and column. */
  problems(): readonly Problem[];
  /** The warnings, sorted like them. */
  warnings(): readonly Problem[];
}

export function createReport(): Report {
  const found = new Map<string, Problem>();
  const hushed = new Set<ProblemCode>();
  const odd = new Map<string, Problem>();
  const files = new Map<string, SourceFile>();
  const hiders = new Map<SourceFile, Hider | undefined>();
  /** Without what may be a secret. */
  const hidden = (problem: Problem, where: Where): Problem => {
    const file = problem.place && fileOf(where, files);
    if (!file) return problem;
    if (!hiders.has(file)) hiders.set(file, hiderOf(file));
    return hiders.get(file)?.(problem) ?? problem;
  };
  // A task that throws in its trial may say what it was given.
  const concealed: Secret[] = [];
  const told = (some: ReadonlyMap<string, Problem>): readonly Problem[] => {
    const sorted = [...some.values()].sort(byPlace);
    return sorted.length === 0 ? sorted : (mapText(sorted, createTextMask(concealed)) as readonly Problem[]);
  };
  const put = (into: Map<string, Problem>, problem: Problem): void => {
    const key = problemKey(problem);
    if (!into.has(key)) into.set(key, problem);
  };
  return {
    add(code, message, where, hint) {
      if (hushed.has(code)) return undefined;
      const problem = locate(code, message, where, files);
      const whole = hidden({ ...problem, ...(hint === undefined ? {} : { hint }) }, where);
      put(found, whole);
      return {
        reword: (text) => found.set(problemKey(whole), hidden({ ...whole, message: text }, where)),
      };
    },
    warn(code, message, where, hint) {
      const problem = locate(code, message, where, files);
      const odder = { ...problem, severity: 'warning', ...(hint === undefined ? {} : { hint }) } as const;
      put(odd, hidden(odder, where));
    },
    hush(codes) {
      for (const code of codes) hushed.add(code);
    },
    source(file) {
      files.set(file.name, file);
    },
    get size() {
      return found.size;
    },
    conceal(secrets) {
      concealed.push(...secrets);
    },
    problems: () => told(found),
    warnings: () => told(odd),
  };
}

/** The same for what is one fault, however often it is found. */
export function problemKey({ code, message, place }: Problem): string {
  return `${place && formatPlace(place)}:${code}:${message}`;
}

/** Lets through what is the first of its code and key: what many hosts have in common is told once. */
export type First = (
  code: ProblemCode,
  key: string,
  // biome-ignore lint/suspicious/noConfusingVoidType: most have nothing to be reworded
  add: () => Told | undefined | void,
  /** Whoever has it is counted: the message ends with the first of them. */
  counted?: { readonly who: string; readonly message: string },
) => void;

export function createFirst(): First {
  const seen = new Map<
    string,
    { readonly told: Told | undefined; readonly message: string; readonly who: Set<string> }
  >();
  return (code, key, add, counted) => {
    const full = `${code} ${key}`;
    const known = seen.get(full);
    if (!known) {
      const told = add() ?? undefined;
      seen.set(full, { told, message: counted?.message ?? '', who: new Set(counted ? [counted.who] : []) });
    } else if (counted && known.told && known.message !== '' && !known.who.has(counted.who)) {
      known.who.add(counted.who);
      known.told.reword(`${known.message} and ${known.who.size - 1} more`);
    }
  };
}

function fileOf(where: Where, files: ReadonlyMap<string, SourceFile>): SourceFile | undefined {
  if (where === undefined) return undefined;
  return 'start' in where ? where.file : files.get(where.file);
}

function locate(
  code: ProblemCode,
  message: string,
  where: Where,
  files: ReadonlyMap<string, SourceFile>,
): Problem {
  if (where === undefined) return { code, message };
  const place = 'start' in where ? placeAt(where.file, where.start) : where;
  const file = fileOf(where, files);
  const excerpt = file && !file.keyPath ? lineText(file, place.line) : undefined;
  return excerpt === undefined ? { code, message, place } : { code, message, place, excerpt };
}

/** By file, line and column; those without a place come last. */
export function byPlace(a: Problem, b: Problem): number {
  const x = a.place;
  const y = b.place;
  if (!x || !y) return (x ? 1 : 0) - (y ? 1 : 0);
  if (x.file !== y.file) return x.file < y.file ? -1 : 1;
  return x.line - y.line || x.col - y.col || (x.path ?? '').localeCompare(y.path ?? '');
}
