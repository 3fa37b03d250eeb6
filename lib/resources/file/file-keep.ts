/** What is kept of files for plans made later, and what that tells readers who ask otherwise. */
import { posix } from 'node:path';
import { Unknown } from '../../base/unknown.ts';
import { type Key, keyId } from '../../model/key.ts';
import type { Keep, State } from '../../model/kind.ts';
import { ABSENT_FILE, DIFF_LIMIT, type FileHint, type FileState } from './file-state.ts';

/** No file has it, so the content is sent whatever is wanted. */
const NO_SUM = '0'.repeat(64);

export const keepFiles: Keep<FileState, FileHint> = {
  // Equal content is kept, too: a later wish differs from it, and is shown against it.
  ask: (hint) => (hint?.need === 'differs' ? { ...hint, sha256: NO_SUM } : hint),
  secret: (_, hint, open) => (hint?.secret || open ? ['sha256', 'content'] : []),
  answer(state, asked, wanted) {
    if (!state.exists) return state;
    if (!asked?.follow && wanted?.follow && state.type === 'symlink') return undefined;
    if (state.type !== 'file') return state;
    const need = wanted?.need ?? 'stat';
    const { content, ...rest } = state;
    if (need === 'stat') return { ...rest, sha256: '' };
    // Left out of the record, and said to be.
    if (state.sha256 instanceof Unknown) return state;
    if (state.sha256 === '') return undefined;
    if (need === 'sum' || wanted?.secret) return rest;
    if (need === 'differs' && (wanted?.sha256 === state.sha256 || !isShort(state))) return rest;
    return content === undefined &&
      !(asked?.need === 'content' || (asked?.need === 'differs' && need === 'differs'))
      ? undefined
      : state;
  },
  infer(key, at) {
    for (let path = posix.dirname(keyId(key)); path !== '/'; path = posix.dirname(path)) {
      const folder = at(`file:${path}` as Key) as State | undefined;
      if (folder) return folder.exists ? undefined : ABSENT_FILE;
    }
    return undefined;
  },
};

function isShort({ size }: FileState): boolean {
  return typeof size === 'number' && size <= DIFF_LIMIT;
}
