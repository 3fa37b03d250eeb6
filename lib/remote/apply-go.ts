/** Whether the next change of a script may begin. */
import { join, type Sh, sh } from '../base/sh.ts';
import type { ApplyJob } from './contract.ts';
import { printFrame } from './frame.ts';
import type { JobName } from './read-text.ts';

/** What can be taken back as a whole is one write: it is neither stopped in its middle, nor left without its end. */
export function isWhole(job: ApplyJob): boolean {
  return job.confirm !== undefined;
}

/**
 * `tb_up`: the shell that watches over this script lives (TB_SHELL, see lock-text.ts). `tb_go`: the next change may begin.
 * Both are asked before each change, and are builtins alone.
 */
export function goText(name: JobName, job: ApplyJob): Sh {
  const go = isWhole(job) ? sh`return 0` : sh`[ ! -e "$tbr/stop" ] && tb_up && return`;
  return join([
    sh`tbup=$TB_SHELL; tb_up() { [ -r /proc/$$/stat ] || return 0; set -- $tbup; tbx=; read -r tbx </proc/$1/stat; set -- "$2" \${tbx##*) }; [ "$2" != Z ] && [ "\${21}" = "$1" ]; } 2>/dev/null`,
    sh`tb_go() { [ $tbgo = 1 ] || return 1; ${go}; tbgo=0; echo S >>"$tbr/journal"; ${printFrame(name, 'S')} >&5; return 1; }`,
  ]);
}
