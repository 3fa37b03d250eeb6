/** Reads a text file into a source; an unreadable one is a problem, not an exception. */
import { isAbsolute, relative, sep } from 'node:path';
import { DISK, type Disk } from './disk.ts';
import { type SourceFile, sourceFile } from './node.ts';
import type { Report, Where } from './report.ts';

export function readSource(
  path: string,
  cwd: string,
  report: Report,
  where?: Where,
  disk: Disk = DISK,
): SourceFile | undefined {
  const name = shownPath(path, cwd);
  let bytes: Buffer;
  try {
    bytes = disk.bytes(path);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    report.add('unreadable-file', `${name} cannot be read: ${why}`, where, HINTS[why]);
    return undefined;
  }
  try {
    return sourceFile(path, name, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    const file = sourceFile(path, name, new TextDecoder('utf-8').decode(bytes));
    const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    // What could not be read stands there as a replacement.
    const start = wide ? 0 : Math.max(0, file.text.indexOf('\ufffd'));
    const message = wide ? 'this file is UTF-16' : 'from here on this is not UTF-8';
    report.add('not-text', message, { file, start, end: start }, 'save the file as UTF-8');
    return undefined;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file: see the path',
  EACCES: 'you may not read it: see its mode and owner',
  EISDIR: 'it is a folder: name a file',
};

/** The path relative to the current folder when it lies below it. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith(`..${sep}..`) || isAbsolute(short) ? path : short;
}

export function isFile(path: string, disk: Disk = DISK): boolean {
  return disk.what(path) === 'file';
}

/** Names in a folder; none where there is no such folder. */
export function entries(folder: string, disk: Disk = DISK): readonly string[] {
  return isFolder(folder, disk) ? disk.names(folder) : [];
}

export function isFolder(path: string, disk: Disk = DISK): boolean {
  return disk.what(path) === 'folder';
}

export function isThere(path: string): boolean {
  return DISK.what(path) !== undefined;
}
