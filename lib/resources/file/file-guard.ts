/** The check before a change of a file: that it is still what the change was computed from. */
import { toBytes } from '../../base/bytes.ts';
import { quoteSecret, type Sh, sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import type { FileState } from './file-state.ts';

/** Holds as long as the file is still what was read: nobody else's edit is lost. `follow`: a link to it may stand there. */
export function unchanged(path: string, state: FileState, secret: boolean, follow: boolean): Sh {
  if (!state.exists) return sh`[ ! -e ${path} ] && [ ! -h ${path} ] || exit 75`;
  // Planned on what a dry run guesses: never to be written.
  if (state.sha256 instanceof Unknown) return sh`exit 75`;
  const line = toBytes(`${state.sha256}  -`);
  const word = secret ? quoteSecret(line) : sh`${line}`;
  const file = follow ? sh`[ -f ${path} ]` : sh`[ -f ${path} ] && [ ! -h ${path} ]`;
  return sh`${file} || ${differs(path)}
tb_sum=$(sha256sum <${path}) || ${differs(path)}
[ "$tb_sum" = ${word} ] || exit 75`;
}

/**
 * Ends the check of a path that is not as it was read: as drift, unless this account may not look. Changes run in an
 * English locale, and both ls word it so.
 */
export function differs(path: string): Sh {
  return sh`case $(LC_ALL=C ls -d ${path} 2>&1; LC_ALL=C head -c 0 ${path} 2>&1) in *"ermission denied"*) echo ${path} "may not be read by this account" >&2; exit 1 ;; *) exit 75 ;; esac`;
}
