/** How files, directories and symlinks are read: one stat, one sha256sum and one cat for a hundred of them. */
import { posix } from 'node:path';
import { join, type Sh, sh } from '../../base/sh.ts';
import { keyId } from '../../model/key.ts';
import type { Kind, Ref, Want } from '../../model/kind.ts';
import { fileBack } from './file-back.ts';
import { keepFiles } from './file-keep.ts';
import { parseFiles } from './file-parse.ts';
import { reviewFile } from './file-review.ts';
import {
  ABSENT_FILE,
  DIFF_LIMIT,
  EDIT_LIMIT,
  type FileHint,
  type FileState,
  fileKey,
  mergeFileHints,
} from './file-state.ts';

/** Files per stat: keeps argument lists and the shell's searches in text short. */
const CHUNK = 200;

// tb_dir says where a folder really is, without a fork: cd and pwd are builtins. What is not there is left as it
// is written, below the nearest folder that is. A folder that may not be entered (X) hides what lies in it.
// tb_sums is sha256sum with plain names: it escapes names with a backslash, unless it reads its stdin.
const PRELUDE = sh`n='
'
tb_dir() {
tb_i=$1 tb_p=$2 tb_t=
while ! cd -P -- "$tb_p" 2>/dev/null; do
[ -d "$tb_p" ] && { printf 'X%s %s\\0' "$tb_i" "$tb_p"; return; }
tb_t=/\${tb_p##*/}$tb_t tb_p=\${tb_p%/*}; tb_p=\${tb_p:-/}
done
printf 'D%s %s\\0' "$tb_i" "\${PWD%/}$tb_t"
}
tb_sums() {
for f do shift; case $f in
*\\\\*) x=$(sha256sum <"$f") && printf '%s  %s\\n' "\${x%% *}" "$f" ;;
*) set -- "$@" "$f" ;;
esac; done
[ $# = 0 ] || sha256sum "$@"
}`;

// $k says what is needed, a line ` NEED PATH` each: the first 12 digits of the wanted checksum, `=` for the sum
// alone, `+` for the content. Lines are split by the shell itself: its `read` takes a system call for each byte.
// `/` in the stat shows that stat itself works: without it nothing would mean absent.
const READ_CHUNK = sh`s=$(stat -c %f:%u:%g:%s:%U:%G:%n/ "$@" / 2>/dev/null)
printf 'S\\n%s\\0' "$s"
for f do [ -h "$f" ] && { printf 'L%s\\n' "$f"; readlink -n "$f"; printf '\\0'; }; done
set -f; set --; big=$n; IFS=$n
for x in $s; do
m=\${x%%:*}; f=\${x#*:*:*:*:*:*:}; f=\${f%/}; z=\${x#*:*:*:}; z=\${z%%:*}
case $m in 8???) case $k in *" $f$n"*)
set -- "$@" "$f"
case $k in *"$n+ $f$n"*) max=${EDIT_LIMIT} ;; *) max=${DIFF_LIMIT} ;; esac
[ "$z" -le $max ] || big=$big$f$n ;;
esac ;; esac
done
if [ $# -gt 0 ]; then
h=$(tb_sums "$@" 2>/dev/null)
printf 'H\\n%s\\0' "$h"
set --
for x in $h; do
f=\${x#*  }; x=\${x%"\${x#????????????}"}
case $big in *"$n$f$n"*) continue ;; esac
case $k in *"$n$x $f$n"*|*"$n= $f$n"*) ;; *) set -- "$@" "$f" ;; esac
done
if [ $# -gt 0 ]; then printf C; printf '\\n%s' "$@"; printf '\\0'; cat "$@"; printf '\\0'; fi
fi
unset IFS; set +f`;

function needOf(hint: FileHint | undefined): string | undefined {
  if (!hint || hint.need === 'stat') return undefined;
  if (hint.need === 'sum' || hint.secret) return '=';
  return hint.need === 'differs' && hint.sha256 ? hint.sha256.slice(0, 12) : '+';
}

/** Words glued to one: shell strings side by side. */
function glue(words: readonly Sh[]): Sh {
  return words.reduce((all, word) => sh`${all}${word}`, sh``);
}

function readChunk(wants: readonly Want<FileHint>[], first: number): Sh {
  const followed: Sh[] = [];
  const places = wants.map((want, index) => {
    const path = keyId(want.key);
    if (!want.hint?.follow) return sh`${path}`;
    const name = sh`f${first + index}`;
    followed.push(
      sh`${name}=${path}; [ -h "$${name}" ] && x=$(readlink -f "$${name}") && { ${name}=$x; printf 'F%s %s\\0' ${first + index} "$${name}"; }`,
    );
    return sh`"$${name}"`;
  });
  const needs = wants.flatMap((want, index) => {
    const need = needOf(want.hint);
    return need === undefined ? [] : [sh`${`${need} `}${places[index] ?? sh``}"$n"`];
  });
  return join([...followed, sh`set -- ${places}`, sh`k=$n${glue(needs)}`, READ_CHUNK]);
}

/** The folders that the wanted paths lie in, each once, in a fixed order. */
export function parentsOf(wants: readonly Want<FileHint>[]): readonly string[] {
  return [...new Set(wants.map((want) => posix.dirname(keyId(want.key))))];
}

export const fileKind: Kind<FileState, FileHint> = {
  name: 'file',
  limitMs: 60_000,
  absent: ABSENT_FILE,
  merge: mergeFileHints,
  read(wants) {
    const chunks: Sh[] = [];
    for (let first = 0; first < wants.length; first += CHUNK) {
      chunks.push(readChunk(wants.slice(first, first + CHUNK), first));
    }
    const folders = parentsOf(wants).map((folder, index) => sh`tb_dir ${index} ${folder}`);
    return join([PRELUDE, ...folders, ...chunks, sh`printf 'E\\0'`]);
  },
  parse: parseFiles,
  keep: keepFiles,
  review: reviewFile,
  forth: (key, { state, now }) => fileBack({ path: keyId(key) }, state, now),
};

/** That something stands at this path: for `uses` and `reads`. */
export function fileRef(path: string, hint?: FileHint): Ref<FileState, FileHint> {
  return { kind: fileKind, key: fileKey(path), ...(hint === undefined ? {} : { hint }) };
}
