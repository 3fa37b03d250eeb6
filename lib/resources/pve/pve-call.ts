/** Calls that change something: what they print is kept, their failures are told apart, and asynchronous ones are followed. */
import { join, type Sh, sh } from '../../base/sh.ts';

/** Options of a call by name, without dashes; a list is given once for each element. */
export type PveOptions = Readonly<Record<string, string | number | readonly string[]>>;

const LOCKED =
  'the SDN of this cluster is locked by somebody, or by a run that has died: see who works on it, then release it with `pvesh delete /cluster/sdn/lock --force 1`';
const BUSY = 'another call holds the lock of this file in the cluster: run again when it has ended';

/** `pvesh create|set|delete`; ends the change with 75 where somebody else has changed the file in between. */
export function call(
  verb: 'create' | 'set' | 'delete',
  path: string,
  options: PveOptions = {},
  raw: readonly Sh[] = [],
): Sh {
  return join([
    sh`${pathText(path)}
tb_out=$(pvesh ${verb} "$tb_path" ${[...wordsOf(options), ...raw]} </dev/null 2>&1); tb_rc=$?`,
    sh`[ -z "$tb_out" ] || printf '%s\\n' "$tb_out"`,
    sh`case $tb_rc:$tb_out in 0:*) ;; *'detected modified configuration'*) exit 75 ;; *'invalid lock token'*) echo ${LOCKED}; exit 1 ;; *'got lock request timeout'*) echo ${BUSY}; exit 1 ;; *) exit 1 ;; esac`,
  ]);
}

/** The path as `$tb_path`, with the host's own node in the place of `@node`. */
function pathText(path: string): Sh {
  if (!path.includes('@node')) return sh`tb_path=${path}`;
  return sh`tb_node=$(uname -n); tb_path=$(printf '%s' ${path} | sed "s/@node/\${tb_node%%.*}/")`;
}

/** Holds while a list is what was read: Proxmox gives its digest with each element, and takes none with \`create\`. */
export function listUnchanged(path: string, digest: string): Sh {
  return sh`${pathText(path)}
tb_out=$(pvesh get "$tb_path" --output-format json </dev/null 2>/dev/null)
case $tb_out in *${digest}*) ;; *) exit 75 ;; esac`;
}

/** As {@link call}, of what answers with the id of a task: has failed unless that task has ended well. */
export function callTask(verb: 'create' | 'set' | 'delete', path: string, options: PveOptions = {}): Sh {
  return join([call(verb, path, options), TASK_END]);
}

/** pvesh exits with 0 though the worker has died: only the task itself knows. Its id is the last line printed. */
const TASK_END = sh`tb_upid=$(printf '%s\\n' "$tb_out" | sed -n 's/^"\\{0,1\\}\\(UPID:[^"]*\\)"\\{0,1\\}$/\\1/p' | tail -n 1)
if [ -n "$tb_upid" ]; then
tb_rest=\${tb_upid#UPID:}; tb_at=\${tb_rest%%:*}
while :; do
tb_end=$(pvesh get "/nodes/$tb_at/tasks/$tb_upid/status" --output-format json </dev/null 2>&1) || { printf '%s\\n' "$tb_end"; exit 1; }
case $tb_end in *'"status":"running"'*) sleep 1 ;; *) break ;; esac
done
case $tb_end in *'"exitstatus":"OK"'*|*'"exitstatus":"WARNINGS'*) ;; *) printf 'the task on node %s ended with: %s\\n' "$tb_at" "$(printf '%s' "$tb_end" | sed 's/.*"exitstatus":"\\([^"]*\\)".*/\\1/')"; exit 1 ;; esac
fi`;

function wordsOf(options: PveOptions): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((each) => [`--${name}`, String(each)]),
  );
}

/**
 * Holds while the file is what was read, or what a change of this very stretch has left: Proxmox' digest is that of the
 * whole file, which holds all objects of a sort.
 */
export function fileUnchanged(file: string, digest: string): Sh {
  const kept = sh`"$TB_BACKUP"/pve.${file.replaceAll('/', '_')}`;
  return sh`${fileSum(file)}
[ "$tb_now" = ${digest} ] || [ "$tb_now" = "$(cat ${kept} 2>/dev/null)" ] || exit 75`;
}

/** The file's SHA-1 now, as `$tb_now`: what Proxmox wants as digest. */
export function fileSum(file: string): Sh {
  return sh`tb_now=$(sha1sum 2>/dev/null <${file}); tb_now=\${tb_now%% *}`;
}

/** Said after a change of ours: what the file is now. */
export function fileChanged(file: string): Sh {
  const kept = sh`"$TB_BACKUP"/pve.${file.replaceAll('/', '_')}`;
  return sh`${fileSum(file)}; printf '%s' "$tb_now" >${kept}`;
}
