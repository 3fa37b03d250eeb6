/** What of runs a host forgets once a stretch has ended well, and all of it is told. */
import { join, type Sh, sh } from '../base/sh.ts';
import { forgetText } from './apply-backup.ts';
import type { ApplyJob } from './contract.ts';
import { ALIVE } from './keeper-text.ts';
import { runFolder } from './run-folder.ts';

/** The end of an earlier connection may have asked systemd to do it tomorrow. `$tbf`: the folder of a stretch. */
const TIMER: Sh = sh`tbx=\${tbf%/*}; tbx=tightbeam-forget-\${tbx##*/}-\${tbf##*/}.timer; [ ! -e /run/systemd/transient/$tbx ] || systemctl stop $tbx`;

/**
 * Takes the run's folder away once its answers are here, and what other runs have left there: while we hold the host none of
 * them is at work. One that went on all the same, or is resumed, sees by the lock that others have written, and takes nothing
 * for not carried out. Left are those that rebooted the host and have not been asked about it, and what has no journal, for a day.
 * It is we who say so, not the script: an answer may be lost on its way, and then the journal is all there is.
 */
export function cleanText(job: ApplyJob, attempt: number): Sh {
  if (!job.lock) return cleanOwnText(job, attempt);
  const own = sh`"$TB_STATE"/runs/${job.run}/*`;
  return join(
    [
      sh`{ ( ${ownText(job, attempt)}`,
      ALIVE,
      sh`for tbj in "$TB_STATE"/runs/*/*/journal; do tbf=\${tbj%/journal}; [ -e "$tbj" ] || continue; case $tbf in ${own}) continue ;; esac`,
      sh`for tbx in "$tbf"/reboot.*; do [ ! -e "$tbx" ] || continue 2; done`,
      sh`tb_alive || { rm -rf "$tbf"; ${TIMER}; rmdir "\${tbf%/*}"; }; done`,
      sh`find "$TB_STATE/runs" -mindepth 1 -maxdepth 1 -mtime +0 -exec rm -rf {} +; ${forgetText()} ); } </dev/null >/dev/null 2>&1`,
    ],
    '; ',
  );
}

/** Without what others have left: where it is not certain that we have held the host. */
export function cleanOwnText(job: ApplyJob, attempt: number): Sh {
  return sh`{ ( ${ownText(job, attempt)}; ${forgetText()} ); } </dev/null >/dev/null 2>&1`;
}

function ownText(job: ApplyJob, attempt: number): Sh {
  return sh`tbf=${runFolder(job, attempt)}; rm -rf "$tbf"; ${TIMER}; rmdir "\${tbf%/*}"`;
}
