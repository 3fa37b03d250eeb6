/** Text that looks at what a running change has printed: for the eyes, beside the job, without a process that stays. */
import { type Sh, sh } from '../base/sh.ts';
import { runFolder } from './apply-text.ts';
import type { ApplyJob } from './contract.ts';
import { printFrame } from './frame.ts';
import type { JobName } from './read-text.ts';

/**
 * At most this many bytes at a time: with base64 and the frame they stay below PIPE_BUF (4096), so the kernel writes
 * them in one piece and they cannot tear another frame or a part's output.
 */
const LOOK_BYTES = 2250;

/** The L frame's value: size of the spool, space, its last bytes beyond `had` in base64. */
export function lookText(
  name: JobName,
  job: ApplyJob,
  attempt: number,
  at: { readonly id: number; readonly had: number },
): Sh {
  const spool = sh`${runFolder(job, attempt)}/spool.${at.id}`;
  const frame = printFrame({ ...name, tag: String(at.id) }, 'L', sh`"$tbs $tbx"`);
  return sh`( tbx= tbs=$(wc -c <${spool}); tbs=$((tbs)); tbn=$((tbs - ${at.had})); if [ $tbn -gt ${LOOK_BYTES} ]; then tbn=${LOOK_BYTES}; fi; if [ $tbn -gt 0 ]; then tbx=$(tail -c $tbn ${spool} | base64 | tr -d '\\n'); fi; ${frame} ) </dev/null 2>/dev/null &`;
}
