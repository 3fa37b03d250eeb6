/** Functions on text: case, cutting, encodings, digests, JSON. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { CelFunction } from './function.ts';
import { unview } from './view.ts';

export const TEXT_FUNCTIONS: readonly CelFunction[] = [
  { signature: 'string.lower(): string', run: (text: string) => text.toLowerCase() },
  { signature: 'string.upper(): string', run: (text: string) => text.toUpperCase() },
  {
    signature: 'string.replace(string, string): string',
    run: (text: string, what: string, by: string) => text.replaceAll(what, () => by),
  },
  { signature: 'string.lines(): list<string>', run: lines },
  { signature: 'string.basename(): string', run: (path: string) => posix.basename(path) },
  { signature: 'string.dirname(): string', run: (path: string) => posix.dirname(path) },
  { signature: 'base64(string): string', run: (text: string) => Buffer.from(text).toString('base64') },
  { signature: 'base64decode(string): string', run: decode },
  {
    signature: 'sha256(string): string',
    run: (text: string) => createHash('sha256').update(text).digest('hex'),
  },
  { signature: 'json(dyn): string', run: (value: unknown) => JSON.stringify(unview(value)) },
  { signature: 'parse_json(string): dyn', run: parse },
];

/** Without the empty one behind the last line break. */
function lines(text: string): readonly string[] {
  const all = text.split(/\r?\n/);
  return all.at(-1) === '' ? all.slice(0, -1) : all;
}

function decode(text: string): string {
  const bare = text.replace(/\s+/g, '');
  const bytes = Buffer.from(bare, 'base64');
  if (bytes.toString('base64').replace(/=+$/, '') !== bare.replace(/=+$/, ''))
    throw new Error('base64decode(): this is not base64');
  return new TextDecoder('utf-8', { fatal: false }).decode(bytes);
}

function parse(text: string): unknown {
  try {
    return known(JSON.parse(text));
  } catch (error) {
    throw new Error(`parse_json(): ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Numbers as the language has them. */
function known(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(known);
  if (value === null || typeof value !== 'object') return value;
  return new Map(Object.entries(value).map(([name, item]) => [name, known(item)]));
}
