/** What of a file has to be the same when a reviewed plan is carried out, and what may be shown of it. */
import { bytesToText } from '../../base/bytes.ts';
import { fingerprint } from '../../base/fingerprint.ts';
import { DIFF_LIMIT, type FileHint, type FileState } from './file-state.ts';

/**
 * The checksum stands for size and content: whether content was sent depends on who asked. Where nobody asked for the
 * checksum, the content is nobody's business either: a log grows.
 */
export function reviewFile(
  state: FileState,
  hint: FileHint | undefined,
): { readonly counts: unknown; readonly shown: unknown } {
  const { size: _, content, sha256, ...rest } = state;
  if (sha256 === '') return { counts: rest, shown: rest };
  const secret = hint?.secret && typeof sha256 === 'string';
  const shown = secret ? { ...rest, content: fingerprint(sha256) } : { ...rest, size: state.size, sha256 };
  const text =
    typeof content === 'string' && !secret && content.length <= DIFF_LIMIT ? bytesToText(content) : undefined;
  return { counts: { ...rest, sha256 }, shown: text === undefined ? shown : { ...shown, content: text } };
}
