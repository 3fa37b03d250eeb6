/** What stands under `secrets:` and is no source may be the secret itself: no message and no excerpt shows it. */
import type { Problem } from '../../base/problem.ts';
import { PROBLEM_CODES } from '../../base/problem-code.ts';
import { lineText, type SourceFile } from './node.ts';

/** Takes out of the problems of one file what must not be seen. */
export type Hider = (problem: Problem) => Problem;

interface Region {
  readonly start: number;
  readonly end: number;
}

const TOP = /^["']?secrets["']?[ \t]*:/gm;
/** The whole runbook, or inventory, in braces. */
const WITHIN = /[{,][ \t]*["']?secrets["']?[ \t]*:[^\n]*/g;
/** Sources as they should be: names of variables, paths, words of commands. */
const SOUND =
  /\b(?:env:[ \t]*["']?[A-Za-z_]\w*["']?(?=[\s,}]|$)|file:[ \t]*(?:"[^"\n]*"|'[^'\n]*'|[^\s,{}"'][^\n,}]*)|command:[ \t]*\[[^\]]*\]|command:[ \t]*\n(?:[ \t]*-[^\n]*(?:\n|$))+)/g;
const WORD = /"(?:[^"\\]|\\.)*"|'[^']*'|[^\s{}[\],]+/g;

/** Undefined where the file has nothing to hide. */
export function hiderOf(file: SourceFile): Hider | undefined {
  if (file.keyPath || !file.text.includes('secrets')) return undefined;
  const regions = regionsOf(file.text);
  const words = new Set<string>();
  let masked = file.text;
  for (const { start, end } of regions) {
    const blind = maskWords(file.text.slice(start, end), words);
    masked = masked.slice(0, start) + blind + masked.slice(end);
  }
  if (words.size === 0) return undefined;
  const shown = { ...file, text: masked };
  return (problem) => {
    const { place, code, message, hint } = problem;
    if (!place) return problem;
    const at = (file.lineStarts[place.line - 1] ?? 0) + place.col - 1;
    const excerpt = lineText(shown, place.line);
    const inside = regions.some(({ start, end }) => start <= at && at <= end);
    if (!inside || !shows(`${message} ${hint ?? ''}`, words)) return { ...problem, excerpt };
    const text = code === 'wrong-type' ? 'a secret is not written here, but where it comes from' : undefined;
    return { ...problem, excerpt, message: text ?? PROBLEM_CODES[code], hint: SOURCES };
  };
}

const SOURCES = 'write { env: NAME }, { file: PATH } or { command: [PROGRAM, ARGUMENT] }';

function regionsOf(text: string): readonly Region[] {
  const top = [...text.matchAll(TOP)].map(({ index, 0: key }) => {
    const start = index + key.length;
    // To the next key that is not indented.
    const more = text.slice(start).search(/\n(?=[^\s#}\]-])/);
    return { start, end: more === -1 ? text.length : start + more };
  });
  const within = [...text.matchAll(WITHIN)].map(({ index, 0: rest }) => ({
    start: index + rest.indexOf(':') + 1,
    end: index + rest.length,
  }));
  return [...top, ...within];
}

/** The text, as long as it was, with stars for what is neither key nor source; such words are noted. */
function maskWords(text: string, words: Set<string>): string {
  const open = text.replace(SOUND, (source) => ' '.repeat(source.length));
  let masked = text;
  for (const { index, 0: word } of open.matchAll(WORD)) {
    if (isKey(open, index, word)) continue;
    if (/^(?:[|>][+-]?|-|~|null)$/.test(word)) continue;
    words.add(word.replace(/^(["'])(.*)\1$/s, '$2'));
    masked = masked.slice(0, index) + '*'.repeat(word.length) + masked.slice(index + word.length);
  }
  return masked;
}

/** It has a colon, and stands where a key can: a second one in a line is part of a value. */
function isKey(text: string, start: number, word: string): boolean {
  if (!word.endsWith(':') && !/^[ \t]*:(?=\s|$)/.test(text.slice(start + word.length))) return false;
  const line = text.lastIndexOf('\n', start);
  const before = text.slice(line + 1, start).trim();
  return /[{,]$/.test(before) || (line !== -1 && before === '');
}

function shows(text: string, words: ReadonlySet<string>): boolean {
  return [...words].some((word) => word !== '' && text.includes(word));
}
