/**
 * Text of the lock of a host. Whoever writes draws the next number, by making the file `<state>/lock/<number>`, which
 * succeeds for one of many: the highest number is the last who wrote, and holds the host as long as it is alive.
 * Nothing is ever taken away from a holder: a higher number is drawn, and the holder sees it before its next change.
 *
 * Lines of such a file: `run`, `name`, `owner`, `runbook` · `token` (of the session) · `since` (seconds since the
 * host booted) · `boot` (its boot id) · `script pid start` · `lease seconds` · `beat uptime pid start` (the shell that
 * supervises, each time that it hears from us) · `free`.
 */
import { join, type Sh, sh } from '../base/sh.ts';
import { type FrameName, printFrame } from './frame.ts';
import { LEASE_SECONDS, type LockClaim, lockField } from './lock.ts';

/** What draws a number. */
export interface Draw {
  readonly claim: LockClaim;
  readonly run: string;
  /** Of the session: the same in all its scripts, and of nobody else. */
  readonly token: string;
  /** The number that was the highest when the host was read; undefined: it has not been read. */
  readonly seen: number | undefined;
  /** The highest one that is known of by now: that, or one drawn by this session since. */
  readonly top?: number | undefined;
}

/**
 * Statement for where the journal of a stretch is not to be found that was sent when `top` was the highest number: whether it
 * never began, or others have written since, and taken its folder away. True in the second case.
 */
export function othersWroteText(run: string, top: number | undefined): Sh {
  return sh`{ ${TOP}; [ $tbh != ${top ?? -1} ] && ! grep -q ${`^run ${run}$`} "$TB_STATE/lock/$tbh" 2>/dev/null; }`;
}

/** Statements that leave the highest number in `tbh`. Builtins alone: each hello has them. */
export const TOP = sh`tbh=0; for tbf in "$TB_STATE"/lock/*; do tbf=\${tbf##*/}; case $tbf in *[!0-9]*) ;; *) [ "$tbf" -gt $tbh ] && tbh=$tbf ;; esac; done`;

/** In `tbnow` the seconds since the boot, in `tbboot` the boot; empty where nothing tells. The clock may jump: it is not asked. */
const NOW = sh`tbnow= tbboot=; { read -r tbnow tbx </proc/uptime; read -r tbboot </proc/sys/kernel/random/boot_id; } 2>/dev/null; tbnow=\${tbnow%.*}`;

/**
 * `tb_is PID START`: that very process runs; `tbq` is its state. A number may be another's by now, so the time of its
 * start is compared. The name of a program may hold anything, and ends with the last parenthesis.
 */
const IS = sh`tb_is() {
tbq=
case $1 in ''|*[!0-9]*|0|1) return 1 ;; esac
[ -r /proc/$$/stat ] || { kill -0 $1 2>/dev/null; return; }
{ read -r tbx </proc/$1/stat; } 2>/dev/null || return 1
tbx=\${tbx##*) }; tby=$2; set -- $tbx; tbq=$1
[ "\${20}" = "$tby" ] && [ "$tbq" != Z ] && [ "$tbq" != X ]
}`;

/** `tb_group GROUP`: something of this process group runs and is not stopped. Asked only where the script itself is. */
const GROUP = sh`tb_group() {
for tbf in /proc/[0-9]*/stat; do
{ read -r tbx <$tbf; } 2>/dev/null || continue
tby=$1; set -- \${tbx##*) }
[ "$3" = "$tby" ] && case $1 in T|t|Z|X) ;; *) return 0 ;; esac
set -- $tby
done
return 1
}`;

/**
 * `tb_who NUMBER`: reads a ticket into `tbl_…`, and says in `tbl` how it stands: mine, held, ending or free. A holder
 * whose shell has ended, or that has not been heard of for longer than its lease, is gone, but not before its script
 * has ended: that one still writes. A script that is stopped with all that it has started writes nothing.
 */
const WHO = sh`tb_who() {
tbl=held tbl_run= tbl_name= tbl_owner= tbl_runbook= tbl_token= tbl_since= tbl_boot= tbl_script= tbl_lease= tbl_beat= tbl_free= tbage= tbo=
while read -r tbk tbv; do case $tbk in
run) tbl_run=$tbv ;; name) tbl_name=$tbv ;; owner) tbl_owner=$tbv ;; runbook) tbl_runbook=$tbv ;;
token) tbl_token=$tbv ;; boot) tbl_boot=$tbv ;; script) tbl_script=$tbv ;; free) tbl_free=1 ;; beat) tbl_beat=$tbv ;;
since|lease) case $tbv in ''|*[!0-9]*) ;; *) eval "tbl_$tbk=$tbv" ;; esac ;;
esac; done 2>/dev/null <"$TB_STATE/lock/$1"
[ -z "$tbnow" ] || [ -z "$tbl_since" ] || tbage=$((tbnow - tbl_since))
[ "$tbl_token" = "$tbt" ] && { tbl=mine; return; }
[ -n "$tbl_free" ] && { tbl=free; return; }
[ -n "$tbboot" ] && [ "$tbl_boot" != "$tbboot" ] && { tbl=free; return; }
set -- $tbl_beat
case $1 in ''|*[!0-9]*) ;; *) [ -z "$tbnow" ] || [ $((tbnow - $1)) -le "\${tbl_lease:-0}" ] || tbo=1 ;; esac
[ -z "$tbo" ] && tb_is "$2" "$3" && return
tbl=ending
tb_is \${tbl_script:-0 0} || { tbl=free; return; }
case $tbq in T|t) tb_group "\${tbl_script%% *}" || tbl=free ;; esac
}`;

/**
 * `tb_pending`: something that nobody has confirmed yet will be taken back: its time has not come, or it is at it. Where
 * neither holds there is nobody left to do so but the next run.
 */
const PENDING = sh`tb_pending() {
for tbf in "$TB_STATE"/revert/*/until; do
{ read -r tbx <$tbf; } 2>/dev/null || continue
case $tbx in ''|*[!0-9]*) continue ;; esac
[ -z "$tbnow" ] || [ $tbnow -gt $((tbx + 1)) ] || return 0
for tby in "\${tbf%/until}"/work.*; do tb_is $(readlink "$tby") && return 0; done
done
return 1
}`;

/** Who holds the host now: `tbh`, `tbl` and the rest of {@link WHO}. */
const LOOK = join([
  NOW,
  TOP,
  sh`tbl=free tbage= tbl_run= tbl_name= tbl_owner= tbl_runbook= tbl_since=; [ $tbh = 0 ] || tb_who $tbh; [ $tbl != free ] || ! tb_pending || tbl=ending`,
]);

const FUNCTIONS = join([IS, GROUP, PENDING, WHO]);

/** One line, read by parseLockWord. */
function wordText(word: Sh): Sh {
  return sh`"lock|"${word}"|$tbh|$tbl|$tbage|$tbl_run|$tbl_name|$tbl_owner|$tbl_runbook"`;
}

/** Statement for the supervising shell: sets TB_SHELL to `pid start`, as {@link drawText} wants it. */
export const SHELL = sh`tb_self() { { read -r tbx </proc/$$/stat; } 2>/dev/null || tbx=; set -- \${tbx##*) }; TB_SHELL="$$ \${20}"; }; tb_self`;

/**
 * Draws a number, or hands why not to `refuse`, which ends the script: nothing was begun then. Afterwards `tb_mine`
 * tells whether the number is still the highest. `tbs`: when this script started. Lower numbers are cleared away from
 * below, so one that is there while the next is not is the highest.
 */
export function drawText({ claim, run, token, seen }: Draw, refuse: (why: Sh) => Sh): Sh {
  const same = seen === undefined ? sh`:` : sh`[ $tbh = ${seen} ]`;
  const lines = [
    `run ${run}`,
    `name ${lockField(claim.name)}`,
    `owner ${lockField(claim.owner)}`,
    `runbook ${lockField(claim.runbook)}`,
    `token ${token}`,
    `lease ${LEASE_SECONDS}`,
  ];
  // The shell says why a file cannot be made, and nothing where there is no room to write to it.
  const full = sh`"cannot write $TB_STATE/lock: $( { : >"$TB_STATE/lock/new.$$"; } 2>&1; rm -f "$TB_STATE/lock/new.$$") $(df -P "$TB_STATE" 2>/dev/null | tail -n 1)"`;
  return join([
    sh`tbt=${token} tbm=0 tbn=0`,
    FUNCTIONS,
    sh`tb_mine() { [ ! -e "$TB_STATE/lock/$((tbm+1))" ] && [ -e "$TB_STATE/lock/$tbm" ]; }`,
    sh`[ -d "$TB_STATE/lock" ] || tbx=$(mkdir -p "$TB_STATE/lock" 2>&1) || ${refuse(sh`"$tbx"`)}`,
    sh`while :; do`,
    LOOK,
    sh`case $tbl in mine) ;; free) ${same} || ${refuse(wordText(sh`stale`))} ;; *) ${refuse(wordText(sh`locked`))} ;; esac`,
    // Of several scripts of a run the first tells since when.
    sh`[ $tbl = mine ] || tbl_since=$tbnow`,
    sh`tbn=$((tbn+1)); [ $tbn -le 50 ] || ${refuse(sh`"no number can be drawn in $TB_STATE/lock: $(ls -ld "$TB_STATE/lock")"`)}`,
    sh`printf '%s\\n' ${lines} "since $tbl_since" "boot $tbboot" "script $$ $tbs" "beat $tbnow $TB_SHELL" 2>/dev/null >"$TB_STATE/lock/new.$$" || ${refuse(full)}`,
    sh`tbm=$((tbh+1)); ln "$TB_STATE/lock/new.$$" "$TB_STATE/lock/$tbm" 2>/dev/null && tb_mine && break`,
    sh`done`,
    sh`unset TB_SHELL; tbo= tbn=$tbm`,
    sh`for tbf in "$TB_STATE"/lock/*; do tbf=\${tbf##*/}; case $tbf in new.*) [ -d /proc/\${tbf#new.} ] || tbo="$tbo $tbf" ;; *[!0-9]*) ;; *) [ "$tbf" -lt $tbn ] && tbn=$tbf ;; esac; done`,
    sh`while [ $tbn -lt $tbm ]; do [ ! -e "$TB_STATE/lock/$tbn" ] || tbo="$tbo $tbn"; tbn=$((tbn+1)); done`,
    sh`( cd "$TB_STATE/lock" && rm -f new.$$ $tbo )`,
  ]);
}

/** The same for an apply job, with a K frame of the number. What was sent ahead of a script that is turned away is taken back. */
export function lockText(name: FrameName, draw: Draw, uploads: boolean): Sh {
  const back = sh`rm -rf "$tbr"; rmdir "\${tbr%/*}" 2>/dev/null;`;
  const refuse = (why: Sh) => sh`{ ${uploads ? back : sh``} ${printFrame(name, 'X', why)}; exit 1; }`;
  return join([drawText(draw, refuse), printFrame(name, 'K', sh`$tbm`)]);
}

/** Part that waits for at most `waitMs` until nobody holds the host; prints one line, `free` or `locked`. */
export function awaitText(token: string, waitMs: number): Sh {
  return join([
    sh`tbt=${token} tbn=0`,
    FUNCTIONS,
    sh`while :; do`,
    LOOK,
    sh`case $tbl in held|ending) tbw=locked ;; *) tbw=free ;; esac`,
    sh`[ $tbw = locked ] && [ $tbn -lt ${Math.ceil(waitMs / 200)} ] || break`,
    sh`tbn=$((tbn+1)); sleep 0.2 2>/dev/null || { sleep 1; tbn=$((tbn+4)); }`,
    sh`done`,
    sh`printf '%s\\n' ${wordText(sh`$tbw`)}`,
  ]);
}

/** Part that waits for at most `waitMs` until nothing is there any more that nobody has confirmed; prints `waits` or `settled`. */
export function settledText(waitMs: number): Sh {
  return join([
    sh`tbn=0`,
    IS,
    PENDING,
    sh`while :; do`,
    NOW,
    sh`tbw=settled; tb_pending && tbw=waits`,
    sh`[ $tbw = waits ] && [ $tbn -lt ${Math.ceil(waitMs / 200)} ] || break`,
    sh`tbn=$((tbn+1)); sleep 0.2 2>/dev/null || { sleep 1; tbn=$((tbn+4)); }`,
    sh`done`,
    sh`echo $tbw`,
  ]);
}

/** For the supervising shell: the holder of this number is there. Builtins alone; nothing where somebody has drawn since. */
export function beatText(number: number): Sh {
  const file = sh`"$TB_STATE/lock/"${number}`;
  return sh`{ ${SHELL}; [ -e ${file} ] && [ ! -e "$TB_STATE/lock/"${number + 1} ] && read -r tbx tby </proc/uptime && echo "beat \${tbx%.*} $TB_SHELL" >>${file}; } </dev/null >/dev/null 2>&1`;
}

/** For the supervising shell: the holder of this number needs the host no more. */
export function freeText(number: number): Sh {
  const file = sh`"$TB_STATE/lock/"${number}`;
  return sh`{ [ -e ${file} ] && echo free >>${file}; } </dev/null >/dev/null 2>&1`;
}
