/** A disk on which there is what a plan has recorded, and nothing else. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Bytes, sha256, toBytes } from '../base/bytes.ts';
import type { Disk, Entry } from '../load/source/disk.ts';
import type { Seal } from '../model/review.ts';
import type { LocalFile } from '../model/task.ts';
import type { LocalSource, Plan, Source } from './plan.ts';
import { type Ground, placed } from './portable-path.ts';
import { PLAN_AGAIN, unverified } from './signed.ts';

export function replayDisk({ sources, tasks }: Plan, ground: Ground, seal: Seal): Disk {
  const read = new Map<string, Buffer>();
  const seen = new Map<string, Entry>();
  const made = new Map<string, unknown>();
  const local = new Map<string, readonly LocalFile[]>();
  for (const source of sources) {
    const path = placed(source.path, ground);
    if ('local' in source)
      local.set(
        path,
        source.local.map((each) => localFile(path, each, seal)),
      );
    else if ('made' in source) made.set(path, source.made);
    else if ('seen' in source) seen.set(path, source.seen);
    else read.set(path, contentOf(source));
  }
  for (const [path, [first]] of local)
    if (first) seen.set(path, first.type === 'directory' ? 'folder' : 'file');
  for (const path of [...read.keys(), ...made.keys(), ...tasks.map((each) => placed(each.path, ground))])
    seen.set(path, 'file');
  const folders = new Map<string, Set<string>>();
  for (const path of seen.keys()) addAbove(path, folders);
  return {
    bytes: (path) => read.get(path) ?? missing(path, 'ENOENT'),
    what: (path) => seen.get(path) ?? (folders.has(path) ? 'folder' : undefined),
    // A folder may be there of which nothing was needed.
    names: (folder) => [
      ...(folders.get(folder) ?? (seen.get(folder) === 'folder' ? [] : missing(folder, 'ENOENT'))),
    ],
    mayRun: (path) => made.has(path),
    local: (path) => local.get(path) ?? missing(path, 'the plan does not hold it'),
    // What has failed was told when the plan was made, and there is no plan then.
    made: async (path) => (made.has(path) ? made.get(path) : missing(path, 'the plan does not hold it')),
    loaded: () => undefined,
    keeps: false,
  };
}

function addAbove(path: string, folders: Map<string, Set<string>>): void {
  for (
    let [below, folder] = [path, dirname(path)];
    below !== folder;
    [below, folder] = [folder, dirname(folder)]
  ) {
    const names = folders.get(folder) ?? new Set();
    names.add(below.slice(folder === '/' ? 1 : folder.length + 1));
    folders.set(folder, names);
  }
}

function missing(path: string, code: string): never {
  throw Object.assign(new Error(`${path}: ${code}`), { code });
}

function contentOf(source: Extract<Source, { text: string } | { base64: string }>): Buffer {
  return 'text' in source ? Buffer.from(source.text) : Buffer.from(source.base64, 'base64');
}

function localFile(path: string, each: LocalSource, seal: Seal): LocalFile {
  const { name, type, size, mode, target = '' } = each;
  const own = name === '' ? path : join(path, name);
  const head = { path: own, name, type, size, mode, target };
  const none = { ...head, sha256: '', content: (): Bytes => missing(own, 'EISDIR') };
  if (type !== 'file') return none;
  const bytes = content(each);
  if (bytes === undefined) {
    const read = (): Bytes => toBytes(readFileSync(own));
    if (each.sha256 !== undefined) return { ...head, sha256: each.sha256, content: read };
    let text: Bytes | undefined;
    // Once more, as it has not been held since it was looked at first.
    const same = (): Bytes => {
      text ??= read();
      if (seal.print(sha256(text)) !== each.print) throw changedFile(own);
      return text;
    };
    return {
      ...head,
      get sha256() {
        return sha256(same());
      },
      content: same,
    };
  }
  return {
    ...head,
    get sha256() {
      return sha256(bytes);
    },
    content: () => bytes,
  };
}

function content({ text, base64 }: LocalSource): Bytes | undefined {
  if (text !== undefined) return toBytes(Buffer.from(text));
  return base64 === undefined ? undefined : toBytes(Buffer.from(base64, 'base64'));
}

function changedFile(path: string): Error {
  const message = `${path} is another one than the plan was made with`;
  return unverified([{ code: 'plan-file', message, hint: PLAN_AGAIN }]);
}
