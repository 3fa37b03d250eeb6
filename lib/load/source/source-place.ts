/** Where in a project's sources an error was thrown: from its stack, through the source map of what was compiled. */
import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import type { Place } from '../../base/problem.ts';

/** `file`: what was compiled, with its map inline. The place has an absolute path; undefined: the stack names no source. */
export function sourcePlace(error: unknown, file: string, root: string): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const frame of stack.matchAll(/(?:file:\/\/|\()?(\/[^\n]*?):(\d+):(\d+)\)?$/gm)) {
    const path = decodeURI(frame[1] ?? '');
    const [line, col] = [Number(frame[2]), Number(frame[3])];
    if (path === file) return mapped(file, line, col);
    // Where Node maps stacks itself, the frame names the source already.
    if (path.startsWith(join(root, '/')) && path.endsWith('.ts')) return { file: path, line, col };
  }
  return undefined;
}

function mapped(file: string, line: number, col: number): Place | undefined {
  const payload = mapOf(file);
  const entry = payload && new SourceMap(payload).findEntry(line - 1, col - 1);
  if (!entry || !('originalSource' in entry)) return undefined;
  const source = resolve(dirname(file), entry.originalSource);
  return { file: source, line: entry.originalLine + 1, col: entry.originalColumn + 1 };
}

/** Undefined where the file is gone: another run has compiled a newer one since. */
function mapOf(file: string): SourceMapPayload | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    const encoded = /\/\/# sourceMappingURL=data:[^,]*;base64,(\S+)\s*$/.exec(text)?.[1];
    if (encoded === undefined) return undefined;
    return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as SourceMapPayload;
  } catch {
    return undefined;
  }
}
