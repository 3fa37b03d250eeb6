/** A disk that notes all that is read from it, so that it can be read again where it is not. */
import { sha256 } from '../base/bytes.ts';
import { holdsPrivateKey } from '../base/private-key-text.ts';
import { DISK, type Disk, type Entry } from '../load/source/disk.ts';
import type { Seal } from '../model/review.ts';
import type { LocalFile } from '../model/task.ts';
import type { LocalSource, Source, TaskSource } from './plan.ts';
import { type Ground, portable } from './portable-path.ts';

/** Longest local file, in bytes, that a plan holds; of longer ones it has the checksum. */
export const KEPT_BYTES = 262_144;

export interface Recorder {
  readonly disk: Disk;
  /** All that was read, sorted by path. `hides`: whether a text holds what nobody may read. */
  sources(ground: Ground, seal: Seal, hides: (text: string) => boolean): readonly Source[];
  tasks(ground: Ground): readonly TaskSource[];
  /** Parameters with the paths that were read as the plan names them. */
  shown(params: unknown, ground: Ground): unknown;
}

/** What was read once stays as it was: a file that changes meanwhile must not be planned with in two forms. */
export function recordDisk(real: Disk = DISK): Recorder {
  const read = new Map<string, Buffer>();
  const seen = new Map<string, Entry>();
  const listed = new Map<string, readonly LocalFile[]>();
  const made = new Map<string, unknown>();
  const loaded = new Map<string, Readonly<Record<string, string>>>();
  const disk: Disk = {
    bytes(path) {
      const bytes = read.get(path) ?? real.bytes(path);
      read.set(path, bytes);
      return bytes;
    },
    what(path) {
      const found = seen.get(path) ?? real.what(path);
      if (found) seen.set(path, found);
      return found;
    },
    names: (folder) => real.names(folder),
    mayRun: (path) => real.mayRun(path),
    local(path, list) {
      const files = listed.get(path) ?? real.local(path, list).map(steady);
      listed.set(path, files);
      return files;
    },
    async made(path, make) {
      const value = await real.made(path, make);
      made.set(path, value);
      return value;
    },
    loaded: (path, inputs) => loaded.set(path, inputs),
    keeps: real.keeps,
  };
  return {
    disk,
    sources(ground, seal, hides) {
      const found: Source[] = [
        ...[...read].map(([path, bytes]) => ({ path, ...written(bytes) })),
        ...[...made].map(([path, value]) => ({ path, made: value ?? null })),
        ...[...listed].map(([path, files]) => ({
          path,
          local: files.map((file) => kept(file, seal, hides)),
        })),
      ];
      const known = new Set(found.map(({ path }) => path));
      for (const [path, entry] of seen) if (!known.has(path)) found.push({ path, seen: entry });
      return found
        .map((source) => ({ ...source, path: portable(source.path, ground) }))
        .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    },
    shown: (params, ground) =>
      shown(params, (path) => (seen.has(path) || listed.has(path) ? portable(path, ground) : path)),
    tasks: (ground) =>
      [...loaded]
        .map(([path, inputs]) => ({ path: portable(path, ground), inputs }))
        .sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function shown(value: unknown, name: (text: string) => string): unknown {
  if (typeof value === 'string') return name(value);
  if (Array.isArray(value)) return value.map((item) => shown(item, name));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item, name)]));
}

/** Content and checksum of a short file come from one reading. */
function steady(file: LocalFile): LocalFile {
  if (file.type !== 'file' || file.size > KEPT_BYTES) return file;
  const { path, name, type, size, mode, target } = file;
  return {
    ...{ path, name, type, size, mode, target },
    get sha256() {
      return sha256(file.content());
    },
    content: () => file.content(),
  };
}

function written(bytes: Buffer): { readonly text: string } | { readonly base64: string } {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? { text } : { base64: bytes.toString('base64') };
}

function kept(file: LocalFile, seal: Seal, hides: (text: string) => boolean): LocalSource {
  const { name, type, size, mode, target } = file;
  const head = { name, type, size, mode, ...(type === 'symlink' ? { target } : {}) };
  if (type !== 'file') return head;
  if (size > KEPT_BYTES) return { ...head, sha256: file.sha256 };
  const bytes = Buffer.from(file.content(), 'latin1');
  const secret = holdsPrivateKey(bytes.toString('latin1')) || hides(bytes.toString('utf8'));
  return secret ? { ...head, print: seal.print(file.sha256) } : { ...head, ...written(bytes) };
}
