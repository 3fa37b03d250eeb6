/**
 * A change after which the host boots again. What it was booted as before lies beside the journal, on the disk before the
 * host goes down: whoever reads the journal afterwards sees by it whether the host has booted anew, and writes down the
 * change's end. So nobody has to be there while it happens, and it happens once.
 */
import { join, type Sh, sh } from '../base/sh.ts';
import type { ApplyChange } from './contract.ts';

/**
 * `tb_boot`: leaves in `tbb` which boot this is. A container keeps the boot id of the machine it runs on: the start of its
 * first process tells there.
 */
const BOOT: Sh = sh`tb_boot() { tbx=; { read -r tbx </proc/sys/kernel/random/boot_id; } 2>/dev/null; tby=; { read -r tby </proc/1/stat; } 2>/dev/null; tby=\${tby##*) }; set -- $tby; tbb="\${tbx:--} \${20:-0}"; tbtm=0; { read -r tbtm tbx </proc/uptime; } 2>/dev/null; tbtm=\${tbtm%.*}; }`;

/** Status of a change whose world could not be made. */
const CANNOT_PREPARE = 73;
/** A command that was killed by a signal ends with this or more: that may be the reboot itself. */
const KILLED = 128;

export interface RebootText {
  readonly before: Sh;
  readonly after: Sh;
}

/**
 * Around the change's own text, `tb` being the status so far. `before`: waits for its delay, and pays its marks, as nobody will
 * be there after it. `after`: stays until the host ends the script; only a command that has failed comes to an end.
 * The file: boot id, start of the first process, seconds it may take, `wait` or `gone`, uptime, marks.
 */
export function rebootText({ id, reboots, pays }: ApplyChange): RebootText | undefined {
  if (!reboots) return undefined;
  const file = sh`"$tbr"/reboot.${id}`;
  const seconds = Math.ceil(reboots.timeoutMs / 1000);
  const note = (phase: Sh) => sh`echo "$tbb ${seconds} ${phase} $tbtm" ${pays} >${file}`;
  const marks = pays.map((mark) => sh`"$TB_STATE"/owed/${mark}`);
  const delay = Math.ceil(reboots.delayMs / 1000);
  return {
    before: join([
      BOOT,
      sh`if [ $tb = 0 ]; then tb_boot; ${note(sh`wait`)} || { tb=${CANNOT_PREPARE}; tbw="cannot write $tbr"; }; fi`,
      sh`if [ $tb = 0 ]; then ${delay > 0 ? sh`sleep ${delay}` : sh`:`}; tb_boot; ${note(sh`gone`)}; sync; ${marks.length > 0 ? sh`rm -f ${marks}` : sh`:`}; fi`,
    ]),
    after: join([
      sh`[ ! -e ${file} ] || { [ $tb != 0 ] && [ $tb -lt ${KILLED} ]; } || while :; do sleep 1; done`,
      sh`rm -f ${file}`,
      ...marks.map((mark) => sh`[ $tb = 0 ] || printf '' >${mark}`),
    ]),
  };
}

/**
 * `tb_reboots`, for whoever reads the journal in `$tbr`: true while the host goes down or comes up for such a change. Else
 * what came of it is a line of the journal: it has booted anew (E), or was never asked to (D). `takes`: that is written
 * down; without it the lines are kept in `tbnotes`.
 */
export function rebootsText(takes: boolean): Sh {
  const note = (line: Sh) => (takes ? sh`echo ${line} >>"$tbr/journal"` : sh`tbnotes="$tbnotes"${line}"\n"`);
  return join([
    BOOT,
    sh`tbnotes=; tb_reboots() { for tbf in "$tbr"/reboot.[0-9]*; do [ -e "$tbf" ] || return 1; tbi=\${tbf##*.}`,
    sh`grep -q "^[EDH] $tbi " "$tbr/journal" && continue; case $tbnotes in *[ED]" $tbi "*) continue ;; esac`,
    sh`tb_boot; read -r tb1 tb2 tb3 tb4 tb5 tb6 <"$tbf" || continue`,
    sh`if [ "$tb1 $tb2" != "$tbb" ]; then`,
    sh`case $(systemctl is-system-running 2>/dev/null) in initializing|starting) [ $((tbtm - \${tbb##* } / 100)) -ge $tb3 ] || return 0 ;; esac`,
    sh`${takes ? sh`for tbx in $tb6; do rm -f "$TB_STATE/owed/$tbx"; done` : sh`:`}; ${note(sh`"E $tbi 0"`)}`,
    sh`elif [ "$tb4" = gone ]; then [ $((tbtm - tb5)) -ge $tb3 ] || return 0`,
    sh`else tb_alive && return 1; ${note(sh`"D $tbi 75"`)}; fi`,
    sh`done; return 1; }`,
  ]);
}
