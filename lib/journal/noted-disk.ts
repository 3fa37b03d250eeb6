/** A disk that notes what a project is loaded from, so that a later run can tell what has changed since. */
import { sha256 } from '../base/bytes.ts';
import { DISK, type Disk } from '../load/source/disk.ts';

export interface NotedDisk {
  readonly disk: Disk;
  /** SHA-256 of all files that were read and of inventories that were made, by path; `name`: how paths are written. */
  sums(name: (path: string) => string): Readonly<Record<string, string>>;
}

export function noteDisk(real: Disk = DISK): NotedDisk {
  const read = new Map<string, Buffer>();
  const made = new Map<string, unknown>();
  const loaded = new Map<string, string>();
  const disk: Disk = {
    ...real,
    bytes(path) {
      const bytes = real.bytes(path);
      read.set(path, bytes);
      return bytes;
    },
    async made(path, make) {
      const value = await real.made(path, make);
      made.set(path, value);
      return value;
    },
    loaded(path, inputs) {
      real.loaded(path, inputs);
      for (const [input, sum] of Object.entries(inputs)) loaded.set(input, sum);
    },
  };
  return {
    disk,
    sums(name) {
      const sums = new Map(loaded);
      for (const [path, bytes] of read) sums.set(name(path), sha256(bytes));
      for (const [path, value] of made)
        sums.set(`${name(path)} (what it makes)`, sha256(Buffer.from(JSON.stringify(value ?? null))));
      return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}

/** What differs between two such notes, a word each. */
export function changedSources(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].sort().flatMap((name) => {
    if (before[name] === now[name]) return [];
    if (before[name] === undefined) return [`${name} (new)`];
    return [now[name] === undefined ? `${name} (gone)` : name];
  });
}
