/** Shell text that drives apt-get: waits for others' locks and says whose, refreshes a stale index, asks nothing. */
import { join, type Sh, sh } from '../../base/sh.ts';

export interface AptJob {
  readonly install: readonly string[];
  readonly remove: readonly string[];
  readonly purge: boolean;
  readonly recommends: boolean;
  readonly downgrades: boolean;
  /** Something is half configured: finish that first. */
  readonly repair: boolean;
  /** Seconds to wait for another process that holds the lock. */
  readonly lockTimeout: number;
}

// Locks of apt and dpkg are POSIX locks, so their holder stands in /proc/locks; which file it holds is told by its
// open files. DPkg::Lock::Timeout waits too, but not for the lists' lock, and says nothing into a file.
const LOCKS = sh`tb_holder() {
while read -r tb_no tb_type tb_how tb_access tb_pid tb_rest; do
case $tb_access:$tb_pid in WRITE:[1-9]*) ;; *) continue ;; esac
case $(ls -l "/proc/$tb_pid/fd" 2>/dev/null) in
*/var/lib/dpkg/lock*|*/var/lib/apt/lists/lock*|*/var/cache/apt/archives/lock*) ;; *) continue ;; esac
read -r tb_name <"/proc/$tb_pid/comm" || tb_name=unknown
tb_who="pid $tb_pid ($tb_name)"; return 0
done </proc/locks
return 1
}
tb_wait() {
tb_said= tb_left=$tb_limit
while tb_holder; do
if [ "$tb_left" -le 0 ]; then
printf 'the dpkg lock is still held by %s after %s s\\n' "$tb_who" "$tb_limit" >&2; exit 1
fi
[ "$tb_said" = "$tb_who" ] || printf 'waiting for the dpkg lock held by %s\\n' "$tb_who"
tb_said=$tb_who; sleep 1; tb_left=$((tb_left - 1))
done
}`;

// The dates of the index files are the mirror's, so its age is told by the folders apt works in and by a mark of ours.
const INDEX = sh`tb_mark=\${TB_STATE:-/var/lib/tightbeam}/apt-index
tb_lists=/var/lib/apt/lists/; eval "$(apt-config shell tb_lists Dir::State::lists/d)"
tb_stale() {
set -- "$tb_lists"*Packages*
[ -e "$1" ] || return 0
[ -z "$(find "$tb_lists" "$tb_lists/partial" "$tb_mark" -maxdepth 0 -mmin -1440 2>/dev/null)" ]
}
tb_refresh() {
tb_fresh=1; tb_wait
apt-get -q -o DPkg::Lock::Timeout=60 update && mkdir -p "\${tb_mark%/*}" && : >"$tb_mark"
}`;

const ENVIRONMENT = sh`export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1
tb_fresh=`;

/** For other texts that use dpkg: asks nothing, and `tb_wait` waits `$tb_limit` seconds for the locks. */
export const APT_WORLD: Sh = join([ENVIRONMENT, LOCKS]);

/** The whole job as one text; ends with apt's status, or 1 when a lock was held too long. */
export function aptScript(job: AptJob): Sh {
  return join([
    ENVIRONMENT,
    sh`tb_limit=${job.lockTimeout}`,
    LOCKS,
    INDEX,
    aptFunction(job),
    ...(job.repair ? [REPAIR] : []),
    ...(job.remove.length > 0
      ? [sh`tb_apt ${[job.purge ? 'purge' : 'remove', ...job.remove]} || exit $?`]
      : []),
    ...(job.install.length > 0 ? [installText(job)] : []),
    sh`:`,
  ]);
}

function aptFunction(job: AptJob): Sh {
  const options = [
    '-y',
    '-q',
    '-o',
    'Dpkg::Options::=--force-confdef',
    '-o',
    'Dpkg::Options::=--force-confold',
    '-o',
    'DPkg::Lock::Timeout=60',
    '-o',
    `APT::Install-Recommends=${job.recommends}`,
    ...(job.downgrades ? ['--allow-downgrades'] : []),
  ];
  return sh`tb_apt() { tb_wait; apt-get ${options} "$@"; }`;
}

// By its path: where busybox is the shell, its own small dpkg would come first.
const REPAIR = sh`tb_wait
/usr/bin/dpkg --force-confdef --force-confold --configure -a || tb_apt -f install || exit $?`;

// A failure that left dpkg in order came before it: a name or version the index does not know, or a file that the
// mirror has replaced since. One look at a fresh index mends those. Kept conffiles are told by their change time.
function installText(job: AptJob): Sh {
  return sh`tb_broken() { dpkg-query -W -f ${'${db:Status-Abbrev}\\n'} | grep -q '^.[HUF]'; }
tb_begun=$(mktemp) || exit $?
trap 'rm -f "$tb_begun"' EXIT; trap 'exit 143' TERM
tb_stale && tb_refresh
tb_apt install ${job.install}; tb_rc=$?
if [ "$tb_rc" != 0 ] && [ -z "$tb_fresh" ] && ! tb_broken; then
printf 'the package index may be stale: refreshing it\\n'
tb_refresh
tb_apt install ${job.install}; tb_rc=$?
fi
find /etc -name '*.dpkg-dist' -cnewer "$tb_begun" 2>/dev/null | while IFS= read -r tb_file; do
printf 'kept %s as it was; the version of the package lies beside it as %s\\n' "\${tb_file%.dpkg-dist}" "\${tb_file##*/}"
done
[ "$tb_rc" = 0 ] || exit "$tb_rc"`;
}
