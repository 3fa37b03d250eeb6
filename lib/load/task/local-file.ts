/** Files of the control machine that parameters name: listed at once, read only when somebody asks for the content. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Bytes, toBytes } from '../../base/bytes.ts';
import { RunError } from '../../base/error.ts';
import { formatPlace, type Place } from '../../base/problem.ts';
import type { LocalFile } from '../../model/task.ts';
import { DISK, type Disk } from '../source/disk.ts';

/** The file, or the folder with all below it, sorted by name; the first entry is `path` itself. Throws RunError `failed`. */
export function localFiles(path: string, place: Place, disk: Disk = DISK): readonly LocalFile[] {
  return disk.local(path, () => list(path, place));
}

function list(path: string, place: Place): readonly LocalFile[] {
  try {
    const top = statSync(path);
    const files = [describe(path, '', top)];
    if (top.isDirectory()) walk(realpathSync(path), '', files);
    return files;
  } catch (error) {
    if (error instanceof RunError) throw error;
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new RunError('failed', `${formatPlace(place)}: ${path} cannot be read: ${why}`, {
      hint: 'the path is relative to the file of the runbook',
      cause: error,
    });
  }
}

function walk(folder: string, prefix: string, out: LocalFile[]): void {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const short = prefix === '' ? name : `${prefix}/${name}`;
    const stats = lstatSync(path);
    if (!stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink()) continue;
    out.push(describe(path, short, stats));
    if (stats.isDirectory()) walk(path, short, out);
  }
}

function describe(path: string, name: string, stats: Stats): LocalFile {
  const type = stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? 'symlink' : 'file';
  let sum: string | undefined;
  let content: Bytes | undefined;
  return {
    path,
    name,
    type,
    size: type === 'file' ? stats.size : 0,
    mode: (stats.mode & 0o7777).toString(8).padStart(4, '0'),
    target: type === 'symlink' ? readlinkSync(path) : '',
    get sha256() {
      if (type !== 'file') return '';
      sum ??= hashFile(path);
      return sum;
    },
    content() {
      content ??= toBytes(readFileSync(path));
      return content;
    },
  };
}

const CHUNK = 1 << 20;

/** Piece by piece: a large file must not lie in memory as a whole. */
function hashFile(path: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
