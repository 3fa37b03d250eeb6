/** The check before a change of a file: that it is still what the change was computed from. */
import { toBytes } from '../base/bytes.ts';
import { quoteSecret, type Sh, sh } from '../base/sh.ts';
import { known } from '../base/unknown.ts';
import type { FileState } from './file-state.ts';

/** Holds as long as the file is still what was read: nobody else's edit is lost. */
export function unchanged(path: string, state: FileState, secret: boolean): Sh {
  if (!state.exists) return sh`[ ! -e ${path} ] && [ ! -h ${path} ] || exit 75`;
  const line = toBytes(`${known(state.sha256)}  -`);
  const word = secret ? quoteSecret(line) : sh`${line}`;
  return sh`[ -f ${path} ] && [ "$(sha256sum <${path})" = ${word} ] || exit 75`;
}
