/** Shell text that puts content under a path: written beside it, owned, checked, flushed, renamed. Never half a file. */
import { join, quote, type Sh, sh } from '../../base/sh.ts';
import { temporaryBeside } from './temporary.ts';

export interface FileWrite {
  readonly path: string;
  /** Write to what the path points to. */
  readonly follow: boolean;
  /** Overwrite instead of renaming: for bind mounts, which cannot be replaced. */
  readonly inplace: boolean;
  /** Prints the content. */
  readonly feed: Sh;
  /** Lower-case hex SHA-256 that what was written must have; undefined: not looked at before verification. */
  readonly proof: string | undefined;
  /** Argument of chown; undefined: whoever writes. */
  readonly chown: string | undefined;
  readonly mode: string;
  /** A command of the user's with `%s` for the path of what would be installed. */
  readonly validate: string | undefined;
  /** The check before the change, made once more at the last moment: 75 when somebody else wrote meanwhile. */
  readonly still: Sh;
}

/** Sets $p: the path itself, or what it points to. */
export function pathVariable(path: string, follow: boolean): Sh {
  if (!follow) return sh`p=${path}`;
  return sh`p=$(readlink -f ${path}) || { echo "cannot follow the link" ${path} >&2; exit 1; }`;
}

/** A mode as chmod takes it: with fewer than five digits GNU leaves setuid and setgid of folders as they are. */
export function octal(mode: string): string {
  return mode.padStart(5, '0');
}

/** Says why a file could not be changed, where that can be told, and ends with status 1. */
export const EXPLAIN = sh`{ a=$(lsattr -d "$p" 2>/dev/null)
case \${a%% *} in *[ia]*) echo "$p is immutable or append-only (lsattr: \${a%% *}): lift that with chattr -ia" >&2 ;; esac
if grep -qF " $p " /proc/self/mountinfo 2>/dev/null; then echo "$p is a mount point and cannot be replaced: set inplace: true" >&2; fi
exit 1; }`;

export function writeFile(write: FileWrite): Sh {
  return join([
    pathVariable(write.path, write.follow),
    // Without slashes after it, a folder that came to stand there would swallow the file.
    sh`[ ! -d "$p" ] || { echo "$p is a folder" >&2; exit 1; }`,
    write.inplace ? sh`t=$(mktemp) || exit 1` : temporaryBeside(),
    sh`trap 'rm -f "$t"' EXIT; trap 'exit 143' HUP INT TERM`,
    sh`${write.feed} >"$t" || { echo "cannot write $t: is the disk full?" >&2; exit 1; }`,
    ...proof(write.proof),
    ...(write.validate === undefined ? [] : [validate(write.path, write.validate)]),
    ...(write.inplace ? overwrite(write) : rename(write)),
  ]);
}

function proof(sum: string | undefined): readonly Sh[] {
  if (sum === undefined) return [];
  return [
    sh`[ "$(sha256sum <"$t")" = ${`${sum}  -`} ] || { echo "what arrived is not what was sent" >&2; exit 1; }`,
  ];
}

function rename(write: FileWrite): readonly Sh[] {
  return [
    // Owner before mode: chown clears setuid. -h: the folder's owner may have put a link there meanwhile.
    ...(write.chown === undefined ? [] : [sh`chown -h ${write.chown} "$t" || exit 1`]),
    sh`chmod ${octal(write.mode)} "$t" || exit 1`,
    sh`if [ -e /sys/fs/selinux/enforce ] && command -v restorecon >/dev/null 2>&1; then
if [ -e "$p" ]; then chcon --reference="$p" "$t"; else restorecon "$t"; fi; fi`,
    sh`sync "$t" 2>/dev/null`,
    sh`( ${write.still} ) || exit $?`,
    sh`mv -f "$t" "$p" || ${EXPLAIN}`,
    sh`trap - EXIT`,
  ];
}

function overwrite(write: FileWrite): readonly Sh[] {
  return [
    sh`( ${write.still} ) || exit $?`,
    sh`cat "$t" >"$p" || ${EXPLAIN}`,
    ...(write.chown === undefined ? [] : [sh`chown -h ${write.chown} "$p" || ${EXPLAIN}`]),
    sh`chmod ${octal(write.mode)} "$p" || ${EXPLAIN}`,
    sh`sync "$p" 2>/dev/null; :`,
  ];
}

/**
 * The user's check. `%s` becomes the path's own text, so that it may stand within quotes too; a folder with a
 * name that needs quoting is quoted. One eval, its status looked at: `a && b` counts as a whole.
 */
function validate(path: string, command: string): Sh {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const plain = quote(folder || '/').text === (folder || '/');
  const name = plain ? sh`q=$t` : sh`q="'$(printf %s "$t" | sed "s/'/'\\\\\\\\''/g")'"`;
  return sh`${name}; v=${command}; c=
while :; do case $v in *%s*) c=$c\${v%%%s*}$q; v=\${v#*%s} ;; *) break ;; esac; done
( eval "$c$v" ) </dev/null; r=$?
[ $r = 0 ] || { echo "validate ended with status $r: "${command} >&2; exit 1; }`;
}
