/** The way back of what stands under a path: content, type, owner and mode as they were, put there as a write puts it. */
import type { Bytes } from '../../base/bytes.ts';
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Back, Cut } from '../../model/resource.ts';
import { contentOf, feed } from './file-content.ts';
import { DIFF_LIMIT, type FileState } from './file-state.ts';
import { EXPLAIN, octal, pathVariable } from './file-write.ts';

export interface FilePlace {
  readonly path: string;
  /** The change writes to what the path points to. */
  readonly follow?: boolean;
  /** Overwritten in place instead of renamed over. */
  readonly inplace?: boolean;
}

/**
 * To `before`, from anything but a folder in its place. `now`: the number of the change, which names the copy that is
 * kept of content that was not read.
 */
export function fileBack(place: FilePlace, before: FileState, now: number): Back | undefined {
  if (!before.exists) return { restore: gone(place.path) };
  if (before.type === 'symlink') return { restore: linkAgain(place.path, before) };
  if (before.type === 'directory') return { restore: folderAgain(place.path, before) };
  if (before.type !== 'file') return undefined;
  const { content } = before;
  if (typeof content === 'string' && content.length <= DIFF_LIMIT)
    return { restore: contentAgain(place, before, content) };
  return {
    save: join([
      pathVariable(place.path, place.follow ?? false),
      // -a: with its access list, and the times that it had.
      sh`[ ! -f "$p" ] || cp -a "$p" "\${TB_BACKUP:?}"/${now} || { echo "no room for a copy of $p in $TB_BACKUP" >&2; exit 1; }`,
    ]),
    restore: copyAgain(place, now),
  };
}

/** Owner and mode alone, of a file or folder that stays where it is. */
export function attributesBack(path: string, before: FileState, follow: boolean): Back {
  return {
    restore: join([
      pathVariable(path, follow),
      sh`[ -e "$p" ] || { echo "$p is not there any more" >&2; exit 1; }`,
      ...attributes(before),
    ]),
  };
}

/** A folder that was made: gone again, unless somebody has put something into it. */
export function newDirectoryBack(path: string): Back {
  return {
    restore: sh`p=${path}; [ ! -e "$p" ] && [ ! -h "$p" ] || rmdir "$p" || { echo "what is in $p was not put there by this run: it stays" >&2; exit 1; }`,
  };
}

/** Longest tree, in kilobytes on the disk, of which a copy is kept on the host. */
const TREE_LIMIT = 262_144;

/** A folder that is removed with all that is in it. */
export function treeBack(path: string, now: number): Back {
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  return {
    save: sh`p=${path}; [ -d "$p" ] || exit 0; n=$(du -skx "$p" 2>/dev/null); n=\${n%%[!0-9]*}
if [ "\${n:-0}" -le ${TREE_LIMIT} ]; then cp -a "$p" ${kept} || { echo "no room for a copy of $p in $TB_BACKUP" >&2; exit 1; }; fi`,
    restore: sh`p=${path}; [ -d ${kept} ] || { echo "no copy was kept of $p" >&2; exit 1; }
{ [ -d "$p" ] || mkdir "$p"; } && cp -a ${kept}/. "$p"/ || ${EXPLAIN}`,
    leaves: [`${path} does not come back if more than ${TREE_LIMIT / 1024} MB are in it`],
  };
}

/** A login by SSH rests on what lies there. */
export function fileCuts(path: string): { readonly cuts?: Cut } {
  return path.startsWith('/etc/ssh/') ? { cuts: 'sshd' } : {};
}

function gone(path: string): Sh {
  return sh`p=${path}; [ ! -d "$p" ] || [ -h "$p" ] || { echo "$p is a folder now" >&2; exit 1; }
rm -f "$p" || ${EXPLAIN}`;
}

function contentAgain(place: FilePlace, before: FileState, content: Bytes): Sh {
  const known = contentOf(content);
  return join([
    ...head(place),
    // Where nothing was changed, nothing is written.
    sh`if [ -h "$p" ] || [ ! -f "$p" ] || [ "$(sha256sum <"$p")" != ${`${known.sha256}  -`} ]; then`,
    ...temporary(place, sh`{ ${feed(known)}; } >"$t"`, before),
    sh`fi`,
    ...attributes(before),
  ]);
}

function copyAgain(place: FilePlace, now: number): Sh {
  const kept = sh`"$TB_BACKUP"/${now}`;
  return join([
    ...head(place),
    // Not begun; or not there when all was kept before the first write: its maker takes it away.
    sh`[ -f "\${TB_BACKUP:?}"/${now} ] || exit 0`,
    sh`if [ -h "$p" ] || ! cmp -s ${kept} "$p"; then`,
    ...temporary(place, place.inplace ? sh`cat ${kept} >"$t"` : sh`cp -a ${kept} "$t"`, undefined),
    sh`else chown --reference=${kept} "$p" 2>/dev/null; chmod --reference=${kept} "$p" 2>/dev/null || chmod "$(stat -c %a ${kept})" "$p"; fi`,
  ]);
}

function head({ path, follow }: FilePlace): readonly Sh[] {
  return [
    pathVariable(path, follow ?? false),
    sh`[ ! -d "$p" ] || [ -h "$p" ] || { echo "$p is a folder now" >&2; exit 1; }`,
  ];
}

/** As a write does it: beside the file, flushed, renamed over; or in place. */
function temporary({ inplace }: FilePlace, fill: Sh, before: FileState | undefined): readonly Sh[] {
  return [
    inplace ? sh`t=$(mktemp) || exit 1` : sh`t=$(mktemp "\${p%/*}/.tb.XXXXXX") || exit 1`,
    sh`trap 'rm -f "$t"' EXIT; trap 'exit 143' HUP INT TERM`,
    sh`${fill} || { echo "cannot write $t: is the disk full?" >&2; exit 1; }`,
    ...(inplace
      ? [sh`cat "$t" >"$p" || ${EXPLAIN}`, sh`rm -f "$t"`]
      : [
          ...(before
            ? [sh`chown -h ${ownerOf(before)} "$t" && chmod ${octal(before.mode)} "$t" || exit 1`]
            : []),
          sh`if [ -e /sys/fs/selinux/enforce ] && command -v restorecon >/dev/null 2>&1; then
if [ -e "$p" ]; then chcon --reference="$p" "$t"; else restorecon "$t"; fi; fi`,
          sh`sync "$t" 2>/dev/null`,
          // The rename is atomic only onto a file or a link; a link to a folder would swallow it.
          sh`mv -fT "$t" "$p" 2>/dev/null || { rm -f "$p" && mv -f "$t" "$p"; } || ${EXPLAIN}`,
        ]),
    sh`trap - EXIT`,
  ];
}

function linkAgain(path: string, before: FileState): Sh {
  return join([
    ...head({ path }),
    sh`if [ ! -h "$p" ] || [ "$(readlink -n "$p"; echo .)" != ${`${before.target}.`} ]; then`,
    sh`t=$(mktemp -u "\${p%/*}/.tb.XXXXXX") && ln -s ${before.target} "$t" || exit 1`,
    sh`mv -fT "$t" "$p" 2>/dev/null || { rm -f "$p" && mv -f "$t" "$p"; } || ${EXPLAIN}`,
    sh`fi`,
    sh`chown -h ${ownerOf(before)} "$p" || exit 1`,
  ]);
}

function folderAgain(path: string, before: FileState): Sh {
  return join([
    sh`p=${path}; [ -d "$p" ] || { ( umask 077; mkdir "$p" ) || exit 1; }`,
    ...attributes(before),
  ]);
}

/** Owner before mode: chown clears setuid. */
function attributes(before: FileState): readonly Sh[] {
  return [
    sh`chown -h ${ownerOf(before)} "$p" || ${EXPLAIN}`,
    sh`chmod ${octal(before.mode)} "$p" || ${EXPLAIN}`,
  ];
}

/** By number: names may be gone, or not be back yet. A prediction may know names alone. */
function ownerOf({ uid, gid, owner, group }: FileState): string {
  return `${uid >= 0 ? uid : owner}:${gid >= 0 ? gid : group}`;
}
