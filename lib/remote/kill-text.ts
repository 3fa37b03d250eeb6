/** Ends what a job has started on a host: its process group, and whatever has left that group, found by a mark in its environment. */
import { createHash } from 'node:crypto';
import { join, type Sh, sh } from '../base/sh.ts';

/** Of a job, or of all jobs of a session: in the environment of all that they start. The nonce itself stands in none. */
export function jobMark({ nonce, job }: { readonly nonce: string; readonly job?: number }): string {
  const session = createHash('sha256').update(nonce).digest('hex').slice(0, 16);
  return job === undefined ? `${session}.` : `${session}.${job}.`;
}

/** Of a change of the job with that mark; `then`: of what is read right after one. */
export function changeMark(job: string, id: number | 'then'): string {
  return `${job}${id}:`;
}

/**
 * Sends a signal to all whose environment holds `mark`, both shell words; an account's eyes see no farther than its own.
 * Three processes in all, as grep -l would take, if that of busybox saw anything behind the first NUL of a line. An environment
 * may hold what looks like a name of `head`: what it leads to is asked itself.
 */
export function sweepText(signal: Sh, mark: Sh): Sh {
  return sh`head -c 131072 /proc/[0-9]*/environ /dev/null | tr '\\000' '\\n' | grep -F -e '==> /proc/' -e ${mark} | while read -r tbx tbv tby; do case $tbx in '==>') tbk=\${tbv#/proc/}; tbk=\${tbk%/environ} ;; *) tr '\\000' '\\n' </proc/$tbk/environ | grep -qF -e ${mark} && kill -${signal} $tbk ;; esac; done`;
}

export interface Ended {
  readonly group: number;
  readonly signal: 'TERM' | 'KILL';
  /** What has gone into sessions of its own is found by this: `TB_CHANGE=…` or `TB_READ=…`. */
  readonly mark?: string | undefined;
  /** Other accounts that its processes may run as: where we are not root, they can only be ended as them. */
  readonly users?: readonly string[] | undefined;
}

/** For the supervisor: the group hears of it at once, the rest in the background. */
export function killText({ group, signal, mark, users = [] }: Ended): Sh {
  const kill = sh`kill -${signal} -${group} 2>/dev/null`;
  const sweep = mark && sweepText(sh`${signal}`, sh`${mark}`);
  const rest = sweep ? join([kill, sweep], '; ') : kill;
  const asOthers = users.map((user) => sh`sudo -n -u ${user} -- /bin/sh -c ${rest.text}`);
  const late = [
    ...(sweep ? [sweep] : []),
    ...(asOthers.length > 0 ? [sh`[ "$tbu" = 0 ] || { ${join(asOthers, '; ')}; }`] : []),
  ];
  return late.length === 0 ? kill : sh`${kill}; ${sh`( ${join(late, '; ')} ) </dev/null >/dev/null 2>&1 &`}`;
}
