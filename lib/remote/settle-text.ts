/** Text that waits after the last change: what was started may fall over within seconds. */
import { join, type Sh, sh } from '../base/sh.ts';
import type { ApplyJob } from './contract.ts';

/** Of a script whose changes have all succeeded (`tbgo`). */
export function settleText(job: ApplyJob): Sh {
  const lines: Sh[] = [];
  if (job.settleMs > 0) {
    const exact = (job.settleMs / 1000).toFixed(3);
    // A sleep without fractions exists.
    lines.push(sh`sleep ${exact} 2>/dev/null || sleep ${Math.ceil(job.settleMs / 1000)}`);
  }
  if (job.settleUnits.length > 0) {
    lines.push(
      sh`tbn=0; while [ $tbn -lt 60 ]; do case $(systemctl show -p ActiveState --value -- ${job.settleUnits} 2>/dev/null) in *activating*) ;; *) break ;; esac; tbn=$((tbn+1)); sleep 0.5 2>/dev/null || sleep 1; done`,
    );
  }
  return lines.length === 0 ? sh`:` : join([sh`if [ $tbgo = 1 ]; then`, ...lines, sh`fi`]);
}
