/** The answer to a read of files, taken apart: what cannot be proved is unreadable, never absent. */
import { posix } from 'node:path';
import { type Bytes, bytesToText, type Printed, sha256, toBytes } from '../../base/bytes.ts';
import { keyId } from '../../model/key.ts';
import type { Reading, Want } from '../../model/kind.ts';
import { ABSENT_FILE, DIFF_LIMIT, EDIT_LIMIT, type FileHint, type FileState } from './file-state.ts';

interface StatLine {
  readonly raw: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly owner: string;
  readonly group: string;
}

/** Everything that was told, by path as bytes. */
interface Told {
  readonly folders: Map<number, string>;
  readonly closed: Map<number, string>;
  readonly follows: Map<number, string>;
  readonly targets: Map<string, string>;
  readonly stats: Map<string, StatLine>;
  readonly sums: Map<string, string>;
  readonly contents: Map<string, Bytes>;
  /** Contents that were cut short or changed while they were read. */
  readonly broken: Set<string>;
  ended: boolean;
}

const STAT = /^([0-9a-f]+):(\d+):(\d+):(\d+):([^:]*):([^:]*):(.*)\/$/;

export function parseFiles(out: Printed, wants: readonly Want<FileHint>[]): readonly Reading<FileState>[] {
  const told = takeApart(out.toString('latin1'));
  const folders = [...new Set(wants.map((want) => posix.dirname(keyId(want.key))))];
  return wants.map((want, index) => reading(want, index, folders, told));
}

function takeApart(text: string): Told {
  const told: Told = {
    folders: new Map(),
    closed: new Map(),
    follows: new Map(),
    targets: new Map(),
    stats: new Map(),
    sums: new Map(),
    contents: new Map(),
    broken: new Set(),
    ended: false,
  };
  let at = 0;
  while (at < text.length && !told.ended) {
    const end = text.indexOf('\0', at);
    if (end < 0) break;
    const [letter, body] = [text[at] ?? '', text.slice(at + 1, end)];
    at = end + 1;
    if (letter === 'C') {
      const next = takeContents(text, at, body.split('\n').slice(1), told);
      // Lengths that do not add up leave nothing behind them to trust.
      if (next === undefined) break;
      at = next;
    } else takeRecord(letter, body, told);
  }
  return told;
}

function takeRecord(letter: string, body: string, told: Told): void {
  const space = body.indexOf(' ');
  const numbered = (map: Map<number, string>): void => {
    map.set(Number(body.slice(0, space)), body.slice(space + 1));
  };
  if (letter === 'E') told.ended = true;
  else if (letter === 'D') numbered(told.folders);
  else if (letter === 'X') numbered(told.closed);
  else if (letter === 'F') numbered(told.follows);
  else if (letter === 'L') {
    const line = body.indexOf('\n');
    told.targets.set(body.slice(0, line), body.slice(line + 1));
  } else if (letter === 'S') for (const line of body.split('\n')) takeStat(line, told);
  else if (letter === 'H')
    for (const line of body.split('\n')) told.sums.set(line.slice(66), line.slice(0, 64));
}

function takeStat(line: string, told: Told): void {
  const match = STAT.exec(line);
  if (!match) return;
  const [, raw = '', uid = '', gid = '', size = '', owner = '', group = '', path = ''] = match;
  told.stats.set(path, {
    raw: Number.parseInt(raw, 16),
    uid: Number(uid),
    gid: Number(gid),
    size: Number(size),
    owner: name(owner, uid),
    group: name(group, gid),
  });
}

function name(text: string, id: string): string {
  return text === 'UNKNOWN' || text === '' ? id : (bytesToText(text as Bytes) ?? id);
}

/** Cuts one run of contents by the sizes that stat told and proves each by its checksum; gives where it ends. */
function takeContents(text: string, start: number, paths: readonly string[], told: Told): number | undefined {
  let at = start;
  for (const path of paths) {
    const size = told.stats.get(path)?.size ?? 0;
    const content = text.slice(at, at + size) as Bytes;
    if (sha256(content) === told.sums.get(path)) told.contents.set(path, content);
    else told.broken.add(path);
    at += size;
  }
  return text[at] === '\0' ? at + 1 : undefined;
}

function reading(
  want: Want<FileHint>,
  index: number,
  folders: readonly string[],
  told: Told,
): Reading<FileState> {
  const { key } = want;
  const path = keyId(key);
  const folder = folders.indexOf(posix.dirname(path));
  const closed = told.closed.get(folder);
  if (closed !== undefined) return { key, unreadable: `the folder ${closed} may not be entered` };
  if (!told.stats.has('/')) return { key, unreadable: 'the host’s `stat` gave no answer' };
  const real = told.folders.get(folder);
  if (real === undefined) return { key, unreadable: 'the answer broke off' };
  const followed = told.follows.get(index);
  const place = followed ?? toBytes(path);
  if (place.includes('\n')) return { key, unreadable: 'it is a link to a name with a line break' };
  const state = stateOf(place, want.hint, told);
  if (typeof state === 'string') return { key, unreadable: state };
  const canonical = bytesToText((followed ?? `${real}/${toBytes(posix.basename(path))}`) as Bytes);
  if (path === '/' || canonical === undefined || canonical === path) return { key, state };
  return { key, state, canonical: `file:${canonical}` };
}

const TYPES: Readonly<Record<number, FileState['type']>> = {
  32768: 'file',
  16384: 'directory',
  40960: 'symlink',
};

/** The state, or why there is none. */
function stateOf(place: string, hint: FileHint | undefined, told: Told): FileState | string {
  const stat = told.stats.get(place);
  if (!stat) return told.ended ? ABSENT_FILE : 'the answer broke off';
  const type = TYPES[stat.raw & 0xf000] ?? 'other';
  const base: FileState = {
    exists: true,
    type,
    mode: (stat.raw & 0o7777).toString(8).padStart(4, '0'),
    uid: stat.uid,
    gid: stat.gid,
    owner: stat.owner,
    group: stat.group,
    size: type === 'file' ? stat.size : 0,
    sha256: '',
    target: type === 'symlink' ? (bytesToText((told.targets.get(place) ?? '') as Bytes) ?? '') : '',
  };
  if (type !== 'file' || !hint || hint.need === 'stat') return base;
  return withContent(base, place, hint, told);
}

function withContent(base: FileState, place: string, hint: FileHint, told: Told): FileState | string {
  const sum = told.sums.get(place);
  if (sum === undefined || !/^[0-9a-f]{64}$/.test(sum)) {
    return told.ended ? 'its content may not be read by this account' : 'the answer broke off';
  }
  const content = told.contents.get(place);
  if (content !== undefined) return { ...base, sha256: sum, content };
  if (told.broken.has(place)) return 'it was changed while it was read';
  const limit = hint.need === 'content' ? EDIT_LIMIT : DIFF_LIMIT;
  const wanted = !hint.secret && hint.need !== 'sum' && sum !== hint.sha256 && Number(base.size) <= limit;
  if (wanted || (hint.need === 'content' && !hint.secret && Number(base.size) <= limit)) {
    return told.ended ? 'it was changed while it was read' : 'the answer broke off';
  }
  return { ...base, sha256: sum };
}
