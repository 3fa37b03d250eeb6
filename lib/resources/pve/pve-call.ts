/** Calls that change something: what they print is kept, their failures are told apart, and asynchronous ones are followed. */
import { Secret } from '../../base/secret.ts';
import { join, quoteSecret, type Sh, sh } from '../../base/sh.ts';

/** Options of a call by name, without dashes; a list is given once for each element. Secrets are on no command line. */
export type PveOptions = Readonly<Record<string, string | number | readonly string[] | Secret>>;

/** Seconds that a call may take which makes no task: pvesh needs about one, and waits ten for a lock. */
const PATIENCE = 90;

/**
 * pvesh takes its options from its command line alone, which everybody on the host can read. So perl is told, before it
 * compiles the program, to take the words from stdin; each ends in NUL.
 */
const FROM_STDIN =
  'vars; BEGIN { local $/; @ARGV = split /\\0/, <STDIN>, -1; pop @ARGV; open STDIN, q(<), q(/dev/null) }';

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
tb_out=$(${command(verb, [...wordsOf(options), ...raw], sh`timeout ${PATIENCE}`)}); tb_rc=$?`,
    ...ending(PATIENCE),
  ]);
}

/** Its output is that of the call, stderr among it. Under LC_ALL=C pvesh makes question marks of letters beyond ASCII. */
function command(verb: string, words: readonly (string | Secret | Sh)[], limit: Sh): Sh {
  const plain = words.filter((word) => !(word instanceof Secret)) as readonly (string | Sh)[];
  if (plain.length === words.length)
    return sh`LC_ALL=C.UTF-8 ${limit} pvesh ${verb} "$tb_path" ${plain} </dev/null 2>&1`;
  const all = words.map((word) => (word instanceof Secret ? quoteSecret(word.toBytes()) : word));
  return sh`printf '%s\\000' ${verb} "$tb_path" ${all} | LC_ALL=C.UTF-8 ${limit} perl -M${FROM_STDIN} "$(command -v pvesh)" 2>&1`;
}

/** What it printed is kept, and failures are told apart; without an answer after \`seconds\` it is told what that mostly comes of. */
function ending(seconds: number | undefined): readonly Sh[] {
  const hangs = sh`echo "pvesh on node $(uname -n) has not answered within ${seconds ?? 0} seconds: see whether the cluster has quorum (pvecm status) and pve-cluster runs, then run again"`;
  return [
    // busybox' own timeout ends with 143.
    ...(seconds === undefined ? [] : [sh`case $tb_rc in 124|143) ${hangs}; exit 1 ;; esac`]),
    sh`[ -z "$tb_out" ] || printf '%s\\n' "$tb_out"`,
    sh`case $tb_rc:$tb_out in 0:*) ;; *'detected modified configuration'*) exit 75 ;; *'invalid lock token'*) echo ${LOCKED}; exit 1 ;; *'got lock request timeout'*) echo ${BUSY}; exit 1 ;; *) exit 1 ;; esac`,
  ];
}

/** The path as `$tb_path`, with the host's own node in the place of `@node`. */
export function pathText(path: string): Sh {
  if (!path.includes('@node')) return sh`tb_path=${path}`;
  return sh`tb_node=$(uname -n); tb_path=$(printf '%s' ${path} | sed "s/@node/\${tb_node%%.*}/")`;
}

/** Holds while a list is what was read: Proxmox gives its digest with each element, and takes none with \`create\`. */
export function listUnchanged(path: string, digest: string): Sh {
  return sh`${pathText(path)}
tb_out=$(timeout ${PATIENCE} pvesh get "$tb_path" --output-format json </dev/null 2>&1) || { tb_rc=$?; printf '%s\\n' "$tb_out"; exit "$tb_rc"; }
case $tb_out in *${digest}*) ;; *) exit 75 ;; esac`;
}

/**
 * As {@link call}, of what answers with the id of a task: has failed unless that task has ended well. pvesh stays until it
 * has; `seconds` bounds that, where the change's own limit is not to.
 */
export function callTask(
  verb: 'create' | 'set' | 'delete',
  path: string,
  options: PveOptions = {},
  seconds?: number,
): Sh {
  const limit = seconds === undefined ? sh`` : sh`timeout ${seconds}`;
  return join([
    sh`${pathText(path)}
tb_out=$(${command(verb, wordsOf(options), limit)}); tb_rc=$?`,
    ...ending(seconds),
    TASK_END,
  ]);
}

/** pvesh exits with 0 though the worker has died: only the task itself knows. Its id is the last line printed. */
const TASK_END = sh`tb_upid=$(printf '%s\\n' "$tb_out" | sed -n 's/^"\\{0,1\\}\\(UPID:[^"]*\\)"\\{0,1\\}$/\\1/p' | tail -n 1)
[ -n "$tb_upid" ] || { echo 'pvesh has named no task: nobody can tell how it ended'; exit 1; }
tb_rest=\${tb_upid#UPID:}; tb_at=\${tb_rest%%:*}
while :; do
tb_end=$(pvesh get "/nodes/$tb_at/tasks/$tb_upid/status" --output-format json </dev/null 2>&1) || { printf '%s\\n' "$tb_end"; exit 1; }
case $tb_end in *'"status":"running"'*) sleep 1 ;; *) break ;; esac
done
case $tb_end in *'"exitstatus":"OK"'*|*'"exitstatus":"WARNINGS'*) ;; *) printf 'the task on node %s ended with: %s\\n' "$tb_at" "$(printf '%s' "$tb_end" | sed 's/.*"exitstatus":"\\([^"]*\\)".*/\\1/')"; exit 1 ;; esac`;

function wordsOf(options: PveOptions): readonly (string | Secret)[] {
  return Object.entries(options).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((each: string | number | Secret) => [
      `--${name}`,
      each instanceof Secret ? each : String(each),
    ]),
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
