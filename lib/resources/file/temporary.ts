/** Names for files and folders that are made beside the one they are to become, and what becomes of them when nobody is left. */
import { type Sh, sh } from '../../base/sh.ts';

/**
 * A new name of ours in the folder of `$p`, in `$t`; `mktemp` with `-u` makes the name alone. The shell's number stands in
 * it: whoever writes there next takes away what belongs to a shell that is no more, as one that was killed could not.
 */
export function temporaryBeside(make: 'mktemp' | 'mktemp -u' = 'mktemp'): Sh {
  const option = make === 'mktemp' ? sh`` : sh`-u `;
  return sh`for t in "\${p%/*}"/.tb.*.??????; do q=\${t##*/.tb.}; q=\${q%.??????}
case $q in ''|*[!0-9]*) ;; *) kill -0 "$q" 2>/dev/null || rmdir "$t" 2>/dev/null || rm -f "$t" ;; esac; done
t=$(mktemp ${option}"\${p%/*}/.tb.$$.XXXXXX") || exit 1`;
}
