/**
 * The script that takes a stretch back: it lies on the host before the first write, and needs neither us nor the
 * network. Everything that decides between "confirmed" and "reverted" is in it, so that there is one place that does.
 */
import { randomBytes } from 'node:crypto';
import { join, type Sh, sh } from '../base/sh.ts';
import type { ApplyJob, Restore } from './contract.ts';
import { hereDoc } from './frame.ts';
import { worldText } from './hello.ts';
import { ALIVE } from './keeper-text.ts';
import { TOP } from './lock-text.ts';
import { accountText, evalAsText, evalText } from './read-text.ts';
import { backupFolder, runFolder } from './run-folder.ts';

/** One part of the way back may take this long, in seconds; then it is ended, and the next one goes on. */
const PART_SECONDS = 60;

/** Statuses of the script: what has been decided, by this call or an earlier one. */
export const CONFIRMED = 0;
export const REVERTED = 10;

/** Name of a pending revert, of its folder and units. */
export function revertName(job: Pick<ApplyJob, 'run' | 'stretch'>, attempt: number): string {
  return attempt === 0 ? `${job.run}.${job.stretch}` : `${job.run}.${job.stretch}.${attempt}`;
}

/** Where the script, its clock and its decision lie, as a shell word. */
export function revertFolder(job: Pick<ApplyJob, 'run' | 'stretch'>, attempt: number): Sh {
  return sh`"\${TB_STATE:?}"/revert/${revertName(job, attempt)}`;
}

/** What came of a revert: `W word`, `L number` (drawn of the lock), and `R id status`, `F id status` (its last part), `O id output` in base64. */
export function revertRecord(job: Pick<ApplyJob, 'run' | 'stretch'>, attempt: number): Sh {
  return sh`"\${TB_STATE:?}"/reverted/${revertName(job, attempt)}`;
}

export function revertUnit(job: ApplyJob, attempt: number): string {
  return `tightbeam-revert-${revertName(job, attempt)}`;
}

/** All that has a way back, in the order in which it was made. */
function restores(job: ApplyJob): readonly Restore[] {
  const own = job.changes.flatMap(({ id, restore, finish, user }): Restore[] =>
    restore ? [{ id, restore, ...(finish ? { finish } : {}), ...(user === undefined ? {} : { user }) }] : [],
  );
  return [...(job.confirm?.also ?? []), ...own];
}

/**
 * Called with one word: `timer` waits for its time first, `failed` comes from the writing script itself, `asked` from
 * us, `later` from another run, `boot` from the next boot, and `confirm` keeps what was made. Whoever makes the link
 * `decision` first has decided; a revert whose worker has died is taken up by the next caller.
 */
export function revertScript(job: ApplyJob, attempt: number): Sh {
  const all = restores(job);
  const users = all.some(({ user }) => user !== undefined);
  return join([
    sh`tbc=$1; tbv=\${0%/*}; TB_STATE=\${tbv%/revert/*}; tbr=${runFolder(job, attempt)}; tbm=${revertRecord(job, attempt)}`,
    sh`unset ENV BASH_ENV CDPATH LANG LANGUAGE TMPDIR OLDPWD`,
    worldText(),
    sh`umask 077; [ -n "$HOME" ] || eval "HOME=~$(id -un)"`,
    sh`TB_BACKUP=${backupFolder(job, attempt)} TB_UPLOAD= TB_LOCALE=C DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical NEEDRESTART_MODE=l TB_REVERT=1`,
    sh`export TB_REVERT tbr TB_STATE TB_BACKUP TB_UPLOAD TB_LOCALE HOME DEBIAN_FRONTEND DEBIAN_PRIORITY NEEDRESTART_MODE`,
    ...(users ? [accountText()] : []),
    sh`tb_alive() { [ -r "/proc/$1/stat" ] || return 1; tbx=$2; read -r tbl 2>/dev/null <"/proc/$1/stat" || return 1; set -- $tbl; shift 21; [ "$1" = "$tbx" ]; }`,
    disarmText(job, attempt),
    brokeText(),
    sh`[ "$tbc" != timer ] || while :; do`,
    sh`read -r tbt tbx </proc/uptime; read -r tbx <"$tbv/until" || exit 11; tbl=$((tbx - \${tbt%.*})); [ $tbl -gt 0 ] || break; ! tb_broke || break; sleep 1; done`,
    sh`tbd=reverted; [ "$tbc" != confirm ] || tbd=confirmed`,
    sh`ln -s $tbd "$tbv/decision" 2>/dev/null; tbd=$(readlink "$tbv/decision") || { [ -e "$tbm" ] && exit ${REVERTED}; exit 11; }`,
    sh`[ $tbd = reverted ] || { echo C >>"$tbr/journal"; tb_disarm; tb_clean; exit ${CONFIRMED}; }`,
    workText(),
    endWriterText(),
    sh`echo "W $tbc" >"$tbv/record"`,
    partText(),
    ...[...all].reverse().map((one) => restoreText(one, 'R')),
    ...all.filter(({ finish }) => finish).map((one) => restoreText(one, 'F')),
    downText(),
    marksText(job),
    drawnText(job),
    sh`echo R >>"$tbr/journal"; mv -f "$tbv/record" "$tbm"; tb_disarm; tb_clean; sync; exit ${REVERTED}`,
  ]);
}

/**
 * `tb_broke`: the writing script was killed, and nothing is left of it: nobody will ask for a login. Before the first change
 * that can cut, its clock may stand for an hour.
 */
function brokeText(): Sh {
  const name = sh`tb_broke() { ( tbj="$tbr"/journal; [ -s "$tbj" ] || exit 1`;
  return join([name, ALIVE, sh`! tb_alive && ! grep -qx end "$tbj" ) 2>/dev/null; }`]);
}

/** Timer and boot unit away; the unit of the boot stays while another revert is pending. */
function disarmText(job: ApplyJob, attempt: number): Sh {
  const unit = revertUnit(job, attempt);
  return join([
    sh`tb_disarm() { [ "$tbc" = timer ] || if [ -e "$tbv/timer" ]; then read -r tbp tbs <"$tbv/timer"; tb_alive "$tbp" "$tbs" && kill -KILL -"$tbp" 2>/dev/null; else systemctl stop ${`${unit}.timer`} ${`${unit}.service`} >/dev/null 2>&1; fi; }`,
    sh`tb_clean() { rm -rf "$tbv"; for tbx in "$TB_STATE"/revert/*/script; do [ ! -e "$tbx" ] || return 0; done; ${removeBootText()}; }`,
  ]);
}

/** Files by which the next boot finds what is pending. */
export const BOOT_UNIT = '/etc/systemd/system/tightbeam-revert.service';
export const BOOT_LINK = '/etc/systemd/system/multi-user.target.wants/tightbeam-revert.service';
export const BOOT_CRON = '/etc/cron.d/tightbeam-revert';
export const BOOT_LOCAL = '/etc/local.d/tightbeam-revert.start';

/** Whoever has reloaded systemd meanwhile has made the unit known to it. */
function removeBootText(): Sh {
  const forget = sh`case $(systemctl show -p LoadState --value tightbeam-revert.service 2>/dev/null) in ''|not-found) ;; *) systemctl daemon-reload ;; esac`;
  return sh`[ "$(id -u)" != 0 ] || { rm -f ${BOOT_LINK} ${BOOT_UNIT} ${BOOT_CRON} ${BOOT_LOCAL}; [ ! -d /run/systemd/system ] || ${forget}; }`;
}

/** Exactly one works; who comes while it does waits for its record. */
function workText(): Sh {
  return join([
    sh`read -r tbl <"/proc/$$/stat"; set -- $tbl; shift 21; tbs=$1; tbn=1`,
    sh`until ln -s "$$ $tbs" "$tbv/work.$tbn" 2>/dev/null; do`,
    sh`tbo=$(readlink "$tbv/work.$tbn") || { [ -e "$tbm" ] && exit ${REVERTED}; exit 11; }`,
    sh`if tb_alive $tbo; then sleep 0.1 2>/dev/null || sleep 1; else tbn=$((tbn+1)); fi`,
    sh`done`,
    // Handlers, as what is ignored would be ignored by everything that is started from here.
    sh`trap : HUP INT TERM; trap '' PIPE`,
  ]);
}

/** What still writes is ended first: nothing may be made anew behind our back. */
function endWriterText(): Sh {
  return join([
    sh`if [ "$tbc" != failed ] && read -r tbk tbp tbs tbx <"$tbr/journal" && [ "$tbk" = P ] && tb_alive "$tbp" "$tbs"; then`,
    sh`kill -TERM -"$tbp"; tbn=0; while tb_alive "$tbp" "$tbs" && [ $tbn -lt 10 ]; do tbn=$((tbn+1)); sleep 0.1 2>/dev/null || { sleep 1; tbn=10; }; done; kill -KILL -"$tbp"`,
    sh`fi 2>/dev/null`,
  ]);
}

/**
 * tb_end LETTER ID waits for the part that was just started, within its limit. tb_made ID: its change was begun, and
 * not refused by its guard. After a boot the last lines of the journal may be lost, and too much is better than too little.
 */
function partText(): Sh {
  return join([
    sh`tb_made() { [ -e "$tbr/journal" ] || return 0; ! grep -q "^D $1 " "$tbr/journal" || return 1; [ "$tbc" = boot ] || grep -q "^W $1$" "$tbr/journal"; }`,
    sh`tb_end() {`,
    sh`tbq=$!; setsid /bin/sh -c 'sleep "$0"; kill -KILL -"$1" "$1"' ${PART_SECONDS} $tbq >/dev/null 2>&1 & tbk=$!`,
    sh`while :; do wait $tbq; tb=$?; [ $tb -gt 128 ] && kill -0 $tbq 2>/dev/null || break; done`,
    sh`kill -KILL -$tbk $tbk 2>/dev/null; wait $tbk 2>/dev/null; echo "$1 $2 $tb" >>"$tbv/record"`,
    sh`[ $tb = 0 ] || echo "O $2 $(tail -c 1500 "$tbv/log.$2" | base64 | tr -d '\\n')" >>"$tbv/record"`,
    sh`}`,
  ]);
}

/** One part in a session of its own, so that what hangs can be ended with all that it started. */
function restoreText(one: Restore, letter: 'R' | 'F'): Sh {
  const { id, user, backup } = one;
  const text = letter === 'R' ? one.restore : (one.finish ?? sh`:`);
  const folder =
    user === undefined ? sh`${backup ?? sh`"$TB_BACKUP"`}` : sh`${backup ?? sh`"$TB_BACKUP"`}.${user}`;
  const world = sh`umask 022; TB_BACKUP=${folder}; export TB_BACKUP`;
  const mark = randomBytes(8).toString('hex');
  const body =
    user === undefined
      ? join([world, sh`${evalText(text)} </dev/null`, sh`exit $?`])
      : join([world, accountText(), evalAsText(text, user, `TBA${mark}`)]);
  const made = one.backup ? sh`:` : sh`tb_made ${id}`;
  return join([
    sh`if ${made}; then`,
    hereDoc(sh`( exec setsid /bin/sh ) >>"$tbv/log.${id}" 2>&1`, `TBB${mark}`, body, sh` &`),
    sh`tb_end ${letter} ${id}; fi`,
  ]);
}

/** A number of the lock is drawn and given back at once: who has read the host before this must read it again. */
function drawnText(job: ApplyJob): Sh {
  const lines = [`run ${job.run}`, 'owner the host itself', 'runbook what nobody confirmed', 'free'];
  return join([
    sh`mkdir -p "$TB_STATE/lock"; printf '%s\n' ${lines} >"$TB_STATE/lock/new.$$"; tbn=0`,
    sh`while [ $tbn -lt 100 ]; do`,
    TOP,
    sh`tbn=$((tbn+1)); ln "$TB_STATE/lock/new.$$" "$TB_STATE/lock/$((tbh+1))" 2>/dev/null && { echo "L $((tbh+1))" >>"$tbv/record"; break; }`,
    sh`done; rm -f "$TB_STATE/lock/new.$$"`,
  ]);
}

/** What fails while the host goes down, as systemd takes no more orders, is left to the next boot, whose unit finds all of it. */
function downText(): Sh {
  const failed = sh`grep -q '^[RF] [0-9]* [1-9]' "$tbv/record"`;
  return sh`if [ "$tbc" != boot ] && [ -d /run/systemd/system ] && ${failed}; then case $(systemctl is-system-running 2>/dev/null) in ''|stopping|offline|unknown) sync; exit 11 ;; esac; fi`;
}

/** Marks are as they were: what was owed before is owed again, and nothing for what has been taken back. */
function marksText(job: ApplyJob): Sh {
  const marks = [...new Set(job.changes.flatMap(({ owes, pays }) => [...owes, ...pays]))];
  if (marks.length === 0) return sh`:`;
  // What an earlier stretch owed has come back, and what was owed for it has been done once more with the files of before.
  const settled = (job.confirm?.also ?? []).flatMap(({ owes = [] }) => owes);
  if (settled.length > 0) return join([keepMarks(marks), sh`( cd "$TB_STATE/owed" && rm -f ${settled} )`]);
  return keepMarks(marks);
}

function keepMarks(marks: readonly string[]): Sh {
  return sh`for tbx in ${marks}; do if grep -qxF "$tbx" "$tbv/owed"; then printf '' >"$TB_STATE/owed/$tbx"; else rm -f "$TB_STATE/owed/$tbx"; fi; done`;
}
