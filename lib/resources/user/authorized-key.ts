/** Public keys that may log in as a user: lines of ~/.ssh/authorized_keys, with the folder above them. */
import { posix } from 'node:path';
import { type Bytes, toBytes } from '../../base/bytes.ts';
import { Unknown } from '../../base/unknown.ts';
import { type AnyResource, type At, PlanError, type Resource } from '../../model/resource.ts';
import { editFile, linesOf, linesToContent } from '../file/content-edit.ts';
import { directory } from '../file/directory.ts';
import type { FileHint, FileState } from '../file/file-state.ts';
import { type UserState, userRef } from './user.ts';

export interface KeysWish {
  readonly user: string;
  /** Lines as ssh-keygen writes them, options before the type where wanted. */
  readonly keys: readonly string[];
  /** The user's home folder; default /root for root, else /home/USER. */
  readonly home?: string | undefined;
  /** The file itself, where sshd looks elsewhere than in the home folder. */
  readonly path?: string | undefined;
  /** No other keys. Comments stay. */
  readonly exclusive?: boolean | undefined;
  readonly absent?: boolean | undefined;
}

/** Lines of an account's authorized_keys, with its folder. Throws PlanError for a key that is none. */
export function authorizedKeys(wish: KeysWish): readonly AnyResource[] {
  const keys = wish.keys.map(String).map((line) => ({ line: toBytes(line.trim()), id: identity(line) }));
  const home = wish.home ?? (wish.user === 'root' ? '/root' : `/home/${wish.user}`);
  const path = wish.path ?? `${home}/.ssh/authorized_keys`;
  const owner = { owner: wish.user, loginGroup: true } as const;
  const lines = editFile(path, {
    edit: (content) =>
      wish.absent ? without(content, keys) : withKeys(content, keys, wish.exclusive ?? false),
    summary: `${wish.absent ? 'remove' : 'allow'} ${keys.map(({ line }) => title(line)).join(', ')}`,
    missing: wish.absent ? 'leave' : 'create',
    ...(wish.absent ? {} : { ...owner, mode: '0600' }),
  });
  // A file elsewhere lies in a folder of the system's, which is not ours to give away.
  if (wish.path !== undefined) return [lines];
  const checked = checkHome(lines, wish.user, home);
  return wish.absent
    ? [checked]
    : [checkHome(directory(posix.dirname(path), { ...owner, mode: '0700' }), wish.user, home), checked];
}

/** Refuses to write into a folder that is not the user's home after all. */
function checkHome(
  resource: Resource<FileState, FileHint>,
  user: string,
  home: string,
): Resource<FileState, FileHint> {
  return {
    ...resource,
    reads: [userRef(user)],
    plan(state, at, now) {
      const real = homeOf(user, at);
      if (real !== undefined && real !== home) {
        throw new PlanError(`the home folder of ${user} is ${real}, not ${home}`, `set \`home: ${real}\``);
      }
      return resource.plan(state, at, now);
    },
  };
}

function homeOf(user: string, at: At): string | undefined {
  const found = at<UserState>(`user:${user}`);
  if (found === undefined || found instanceof Unknown || !found.exists) return undefined;
  return typeof found.home === 'string' ? found.home : undefined;
}

interface KeyLine {
  readonly line: Bytes;
  readonly id: string;
}

const KEY =
  /(?:^|\s)((?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp\d+|sk-[a-z0-9-]+@openssh\.com)(?:-cert-v01@openssh\.com)?)\s+([A-Za-z0-9+/]+=*)(?=\s|$)/;

/** Type and key without options and comment; throws PlanError for what is no public key. */
function identity(line: string): string {
  const found = idOf(line);
  if (found === undefined || /[\n\0]/.test(line.trim())) {
    const hint = line.includes('PRIVATE KEY')
      ? 'this is a private key: give the content of the .pub file'
      : 'give a line like those in a .pub file: type, key, comment';
    throw new PlanError('a value of `key` is not a public key of SSH', hint);
  }
  return found;
}

function idOf(line: string): string | undefined {
  if (line.trimStart().startsWith('#')) return undefined;
  const match = KEY.exec(line);
  return match ? `${match[1]} ${match[2]}` : undefined;
}

function withKeys(content: Bytes, keys: readonly KeyLine[], exclusive: boolean): Bytes {
  const open = new Map(keys.map((key) => [key.id, key.line]));
  const wanted = new Map(open);
  const lines = linesOf(content).flatMap((line) => {
    const id = idOf(line);
    if (id === undefined) return [line];
    if (!wanted.has(id)) return exclusive ? [] : [line];
    const mine = open.get(id);
    open.delete(id);
    return mine === undefined ? [] : [mine];
  });
  return linesToContent([...lines, ...open.values()], content);
}

function without(content: Bytes, keys: readonly KeyLine[]): Bytes {
  const gone = new Set(keys.map(({ id }) => id));
  const lines = linesOf(content);
  const rest = lines.filter((line) => !gone.has(idOf(line) ?? ''));
  return rest.length === lines.length ? content : linesToContent(rest, content);
}

/** What people call a key: its comment, else its type and the end of it. */
function title(line: Bytes): string {
  const match = KEY.exec(line);
  const comment = match ? line.slice(match.index + match[0].length).trim() : '';
  return comment || `${match?.[1] ?? 'key'} …${match?.[2]?.slice(-8) ?? ''}`;
}
