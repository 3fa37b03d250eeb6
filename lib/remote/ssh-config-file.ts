/** Reads ssh_config files, with Include, as one flat list of rules in the order in which they count. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import SSHConfig, { type Line } from 'ssh-config';
import { RunError } from '../base/error.ts';
import { matchesPattern } from './ssh-pattern.ts';

/** `Host a !b` or `Match user root`: the word and what follows it. */
export interface Condition {
  readonly word: 'host' | 'match';
  readonly args: readonly string[];
}

/** One directive. It counts for a host when all its conditions hold (an Include within a block adds to them). */
export interface Rule {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly conditions: readonly Condition[];
  /** Lower case. */
  readonly word: string;
  readonly args: readonly string[];
}

/** Where relative Include paths start and what `~` means. */
export interface ConfigPlace {
  readonly home: string;
  readonly includeBase: string;
}

/** A file that is being read; the numbers are of its lines that say something, in order. */
interface Source {
  readonly file: string;
  readonly lines: readonly string[];
  readonly numbers: IterableIterator<number>;
}

const MAX_DEPTH = 16;

/** The rules of a file; a file that is not there has none. Throws RunError `invalid` on what cannot be read. */
export function readConfigFile(file: string, place: ConfigPlace): readonly Rule[] {
  return readRules(file, place, [], 0);
}

function readRules(
  file: string,
  place: ConfigPlace,
  outer: readonly Condition[],
  depth: number,
): readonly Rule[] {
  if (depth > MAX_DEPTH) {
    throw new RunError('invalid', `${file}: Include nested more than ${MAX_DEPTH} deep`, {
      hint: 'remove the Include that leads back to itself',
    });
  }
  const text = readText(file);
  if (text === undefined) return [];
  const lines = text.split('\n');
  const numbers = lines.flatMap((line, index) => (/^\s*(#|$)/.test(line) ? [] : [index + 1]));
  return flatten(parse(file, text), { file, lines, numbers: numbers.values() }, place, outer, depth);
}

function flatten(
  lines: readonly Line[],
  source: Source,
  place: ConfigPlace,
  conditions: readonly Condition[],
  depth: number,
): readonly Rule[] {
  const rules: Rule[] = [];
  for (const line of lines) {
    if (!('param' in line)) continue;
    const word = line.param.toLowerCase();
    const number = source.numbers.next().value ?? 0;
    const args = word === 'proxycommand' ? [rawText(source.lines[number - 1] ?? '')] : values(line.value);
    if ('config' in line) {
      const condition: Condition = { word: word === 'match' ? 'match' : 'host', args };
      rules.push(...flatten([...line.config], source, place, [...conditions, condition], depth));
    } else if (word === 'include') {
      const files = args.flatMap((arg) => expandInclude(arg, place));
      for (const each of files) rules.push(...readRules(each, place, conditions, depth + 1));
    } else {
      rules.push({ file: source.file, line: number, conditions, word, args });
    }
  }
  return rules;
}

/** A command for a shell keeps its spaces and quotation marks: the line as it stands, without its word. */
function rawText(line: string): string {
  return line.trim().replace(/^\S+?(\s*=\s*|\s+)/, '');
}

function values(value: string | readonly { readonly val: string }[]): readonly string[] {
  return typeof value === 'string' ? [value] : value.map(({ val }) => val);
}

function parse(file: string, text: string): readonly Line[] {
  try {
    return [...SSHConfig.parse(text)];
  } catch (error) {
    throw new RunError('invalid', `${file}: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'mend the file, or name another one; `ssh -G HOST` shows how OpenSSH reads it',
      cause: error,
    });
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new RunError('invalid', `${file}: cannot be read (${code})`, {
      hint: 'make it readable for the account that runs this command',
      cause: error,
    });
  }
}

/** Files that an Include names, sorted; `~` and paths relative to the including configuration's folder. */
function expandInclude(arg: string, place: ConfigPlace): readonly string[] {
  const path = arg.startsWith('~/') ? join(place.home, arg.slice(2)) : arg;
  const full = isAbsolute(path) ? path : join(place.includeBase, path);
  return expandGlob(full).filter((file) => isFile(file));
}

function expandGlob(path: string): readonly string[] {
  if (!/[*?]/.test(path)) return [path];
  const folder = dirname(path);
  const pattern = path.slice(folder.length).replace(/^\/+/, '');
  return expandGlob(folder).flatMap((each) =>
    names(each)
      .filter((name) => matchesPattern(pattern, name) && (pattern.startsWith('.') || !name.startsWith('.')))
      .map((name) => join(each, name)),
  );
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
