/** What a host can tell of a change that was killed, while it is still to be seen. */
import { type Sh, sh } from '../base/sh.ts';

/** Statement after a change whose status is in `tb`: where that is SIGKILL's, how memory stands goes to its spool. */
export function killedText(spool: Sh): Sh {
  return sh`[ $tb != 137 ] || ( tbv=? tbl=?; while read -r tbx tby tbo; do case $tbx in MemTotal:) tbl=$((tby / 1024)) ;; MemAvailable:) tbv=$((tby / 1024)) ;; esac; done </proc/meminfo; tbk=$(grep '^oom_kill ' /proc/vmstat); echo "killed (SIGKILL); memory: $tbv of $tbl MB available; the kernel has killed \${tbk#oom_kill } processes for want of memory since it started" ) >>${spool} 2>/dev/null`;
}
