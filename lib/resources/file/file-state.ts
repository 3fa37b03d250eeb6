/** What stands under a path: the state of a `file:` key, and its path as people and shells need it. */
import { posix } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import type { Unknown } from '../../base/unknown.ts';
import type { Key } from '../../model/key.ts';
import type { State } from '../../model/kind.ts';
import { PlanError } from '../../model/resource.ts';

export interface FileState extends State {
  readonly type: 'absent' | 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits with setuid, setgid and sticky, four octal digits: `0644`. Empty when absent. */
  readonly mode: string;
  /** -1 when absent, or where a prediction cannot tell. */
  readonly uid: number;
  readonly gid: number;
  /** Name, or the number as text where the host knows no name. Empty as `uid` is -1. */
  readonly owner: string;
  readonly group: string;
  /** Bytes; 0 for what is not a regular file. */
  readonly size: number | Unknown;
  /** Lower-case hex SHA-256 of a regular file, where a reader asked for it; else empty. */
  readonly sha256: string | Unknown;
  /** Of a regular file: there when a reader asked for it, it may be shown, and it is not too long. */
  readonly content?: Bytes | Unknown;
  /** Where a symlink points; else empty. */
  readonly target: string;
}

/**
 * How much of a regular file a reader needs, least first. stat: nothing of it · sum: the checksum ·
 * differs: the content, unless the checksum is `sha256` · content: the content.
 */
export type FileNeed = 'stat' | 'sum' | 'differs' | 'content';

export interface FileHint {
  readonly need: FileNeed;
  readonly sha256?: string;
  /** The content is a secret: it is never sent back, whoever else asks for it. */
  readonly secret?: boolean;
  /** Look at what a symlink points to, not at the link. */
  readonly follow?: boolean;
}

/** Sizes in bytes above which content stays on the host: for a diff, and for an edit that is computed from it. */
export const DIFF_LIMIT = 65_536;
export const EDIT_LIMIT = 4_194_304;

export const ABSENT_FILE: FileState = {
  exists: false,
  type: 'absent',
  mode: '',
  uid: -1,
  gid: -1,
  owner: '',
  group: '',
  size: 0,
  sha256: '',
  target: '',
};

const NEEDS: readonly FileNeed[] = ['stat', 'sum', 'differs', 'content'];

/** Two readers' needs as one: the greater; two different wanted checksums need the content. */
export function mergeFileHints(a: FileHint, b: FileHint): FileHint {
  const greater = NEEDS.indexOf(a.need) >= NEEDS.indexOf(b.need) ? a : b;
  const disagree = a.need === 'differs' && b.need === 'differs' && a.sha256 !== b.sha256;
  return {
    ...greater,
    ...(disagree ? { need: 'content' as const } : {}),
    ...(a.secret || b.secret ? { secret: true } : {}),
    ...(a.follow || b.follow ? { follow: true } : {}),
  };
}

/** Nothing to be made plainer; most paths are such, and each is asked for several times. */
const PLAIN = /^(?:\/[^/.][^/]*)+$/;

/** An absolute path in its plain form (no `..`, no double or final slash); throws PlanError for what cannot be one. */
export function plainPath(path: string): string {
  // String() refuses a value that is not known yet.
  if (!String(path).startsWith('/')) {
    throw new PlanError(`"${path}" is not an absolute path`, 'write the whole path, from / on');
  }
  if (/[\n\0]/.test(path)) {
    throw new PlanError(`the path ${JSON.stringify(path)} holds a line break or NUL`, 'rename the file');
  }
  if (PLAIN.test(path)) return path;
  const plain = posix.normalize(path);
  return plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain;
}

export function fileKey(path: string): Key {
  return `file:${plainPath(path)}`;
}

/** A mode as four octal digits; throws PlanError for anything but three or four of them. */
export function plainMode(mode: string): string {
  if (!/^[0-7]{3,4}$/.test(mode)) {
    throw new PlanError(`the mode "${mode}" is not octal`, 'write three or four octal digits, like "0644"');
  }
  return mode.padStart(4, '0');
}
