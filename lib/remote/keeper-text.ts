/** What a host does for a write whose connection is gone: keeps its time limit, ends what only waits, forgets the result after a day. */
import { join, type Sh, sh } from '../base/sh.ts';
import { sweepText } from './kill-text.ts';

/** How long a result that nobody takes up is kept, where systemd can be told to remove it, in seconds. */
const KEPT_S = 86_400;

/**
 * `tb_alive`: whether the script of the journal `$tbj` lives, or what is left of its group. Same pid, same start time, same
 * boot; the dead that nobody buries do not count. Sets `$tbp`. One line, as what nobody waits for is.
 */
export const ALIVE: Sh = sh`tb_alive() { read -r tbk tbp tbs tbo tbm tbh <"$tbj" && [ "$tbk" = P ] || return 1; [ "$tbo" = - ] || [ -z "$tbo" ] || { read -r tbl </proc/sys/kernel/random/boot_id && [ "$tbl" = "$tbo" ]; } || return 1; if [ -r /proc/$tbp/stat ]; then read -r tbl </proc/$tbp/stat && set -- $tbl && [ "$3" != Z ] && shift 21 && [ "$1" = "$tbs" ]; else kill -0 -$tbp || return 1; for tby in /proc/[0-9]*/stat; do read -r tbl <$tby || continue; set -- \${tbl##*) }; [ "$3" != $tbp ] || case $1 in Z|X) ;; *) return 0 ;; esac; done; false; fi; } 2>/dev/null`;

const END = sh`kill -$1 -$tbp; ${sweepText(sh`$1`, sh`"TB_CHANGE=$tbm"`)}`;

/**
 * Script of a process of its own, `$1` being the stretch's folder. A change in progress goes on to its end or its limit. A
 * script between two changes (it settles, reads, waits for somebody) is ended, as nothing may begin any more; it is looked
 * at twice, since it may just be about to write that down itself. Accounts of the job (journal line `U`) are become to end
 * what is theirs.
 */
const KEEPER = join([
  sh`tbr=$1 tbj=$1/journal tbz=0; cd /; exec >/dev/null 2>&1`,
  ALIVE,
  sh`tb_end() { ${END}`,
  sh`while read -r tbk tbx; do [ "$tbk" != U ] || for tbq in $tbx; do sudo -n -u $tbq -- env "tbp=$tbp" "tbm=$tbm" /bin/sh -c ${END.text} sh $1; done; done <"$tbj"; }`,
  sh`while tb_alive; do sleep 1; set -- $(grep '^[BEDTHSe]' "$tbj" | tail -n 1)`,
  sh`if [ "$1" = B ]; then tbz=0; read -r tbn tbx </proc/uptime; [ $((\${tbn%.*} - \${4:-0})) -ge "\${3:-3600}" ] || continue; echo "H $2" >>"$tbj"; tbm=$tbm$2:`,
  sh`else tbz=$((tbz+1)); [ $tbz -ge 2 ] && [ "$tbh" != whole ] || continue; tbm=\${tbm}then:; fi`,
  sh`tb_end TERM; sleep 1; tb_end KILL; break; done`,
  // Who has the answer may be about to take the folder away over another connection.
  sh`[ -d /run/systemd/system ] && [ -d "$tbr" ] && sleep 1; tbn=\${tbr%/*}; tbn=\${tbn##*/}-\${tbr##*/}`,
  sh`[ -d "$tbr" ] && [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ] && systemd-run -q --on-active=${KEPT_S} --timer-property=AccuracySec=1min --unit="tightbeam-forget-$tbn" /bin/sh -c 'rm -rf "$1"; rmdir "\${1%/*}"' sh "$tbr" && { [ -d "$tbr" ] || systemctl stop "tightbeam-forget-$tbn.timer"; }`,
]);

/** `tb_leave`: called by the supervisor at its end. `$tbwrites` are the stretches that were sent through it, as `run/stretch`. */
export function leaveText(): Sh {
  return sh`tb_leave() { for tbx in $tbwrites; do [ ! -e "$TB_STATE/runs/$tbx/journal" ] || setsid /bin/sh -c ${KEEPER.text} sh "$TB_STATE/runs/$tbx" </dev/null >/dev/null 2>&1 & done; }`;
}
