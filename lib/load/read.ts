/** Reads a text file into a source; an unreadable one is a problem, not an exception. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { type SourceFile, sourceFile } from './node.ts';
import type { Report, Where } from './report.ts';

export function readSource(path: string, cwd: string, report: Report, where?: Where): SourceFile | undefined {
  const name = shownPath(path, cwd);
  try {
    const bytes = readFileSync(path);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return sourceFile(path, name, text);
  } catch (error) {
    const undecodable = error instanceof TypeError;
    const why = undecodable
      ? 'it is not UTF-8 text'
      : ((error as NodeJS.ErrnoException).code ?? String(error));
    const hint = HINTS[why];
    report.add('unreadable-file', `${name} cannot be read: ${why}`, where, hint);
    return undefined;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: see the path',
  EACCES: 'you may not read it: see its mode and owner',
  EISDIR: 'it is a folder: name a file',
  'it is not UTF-8 text': 'save it as UTF-8',
};

/** The path relative to the current folder when it lies below it. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith(`..${sep}..`) || isAbsolute(short) ? path : short;
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Names in a folder; none where there is no such folder. */
export function entries(folder: string): readonly string[] {
  return isFolder(folder) ? readdirSync(folder) : [];
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
