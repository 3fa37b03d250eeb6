/** Files of the control machine on a host: one, or a whole tree. */
import type { AnyResource, Upload } from '../../model/resource.ts';
import type { LocalFile } from '../../model/task.ts';
import { directory } from './directory.ts';
import { file } from './file.ts';
import { symlink } from './symlink.ts';

export interface CopyWish {
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Of files; undefined: 0755 for those that may be executed here, 0644 for others. */
  readonly mode?: string | undefined;
  readonly directoryMode?: string | undefined;
  readonly validate?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly inplace?: boolean | undefined;
}

/** Longest content, in bytes, that travels within the script; longer files are sent beside it. */
const INLINE_LIMIT = 262_144;

/** The entries of a tree (or the one file), under `dest` with their own names. */
export function copies(entries: readonly LocalFile[], dest: string, wish: CopyWish): readonly AnyResource[] {
  return entries.map((entry) => {
    const path = entry.name === '' ? dest : `${dest}/${entry.name}`;
    const { owner, group } = wish;
    if (entry.type === 'directory')
      return directory(path, { owner, group, mode: wish.directoryMode ?? '0755' });
    if (entry.type === 'symlink') return symlink(path, { owner, group, target: entry.target });
    const { directoryMode: _, ...rest } = wish;
    return file(path, {
      ...rest,
      mode: wish.mode ?? (executable(entry) ? '0755' : '0644'),
      content: entry.size > INLINE_LIMIT ? uploadOf(entry) : entry.content(),
    });
  });
}

function executable(entry: LocalFile): boolean {
  return (Number.parseInt(entry.mode, 8) & 0o100) !== 0;
}

function uploadOf({ path, size, sha256 }: LocalFile): Upload {
  return { path, size, sha256 };
}
