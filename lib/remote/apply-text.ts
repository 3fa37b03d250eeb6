/** Text of an apply job: one script for a stretch of changes, with a journal and spools in a folder of its own. */
import { join, type Sh, sh } from '../base/sh.ts';
import { backupText } from './apply-backup.ts';
import { goText, isWhole } from './apply-go.ts';
import { thenText } from './apply-then.ts';
import type { ApplyChange, ApplyJob } from './contract.ts';
import { printFrame } from './frame.ts';
import { changeMark, jobMark } from './kill-text.ts';
import { killedText } from './killed-text.ts';
import { type Draw, lockText } from './lock-text.ts';
import { accountText, evalAsText, evalInner, type JobName } from './read-text.ts';
import { usersOf } from './read-watch.ts';
import { rebootText } from './reboot-text.ts';
import { armText, aroundText, failedText, leftText } from './revert-arm.ts';
import { runFolder } from './run-folder.ts';
import { settleText } from './settle-text.ts';

export { runFolder } from './run-folder.ts';

/** Of what a change printed, this many bytes (the last ones) are given back. */
export const OUTPUT_KEPT = 65_536;

/** Status of a trial that finds that the next login would not get in. */
const LOCKED_OUT = 76;

/** Status of a change whose world could not be made: journal, marks or its upload could not be written. */
const CANNOT_PREPARE = 73;

/**
 * The world of a change: cwd /, stdin /dev/null, umask 022, the fixed PATH, LC_ALL C.UTF-8 where the host has it;
 * TB_BACKUP (a folder, 0700) for what it replaces, TB_UPLOAD (a file, 0600) when it has an upload. Both streams go
 * to `spool.<id>`, a regular file, which can neither block nor break; the protocol's streams (5, 6) are closed.
 *
 * Journal lines: `P pid start boot mark how` (`whole` when it is never stopped between changes) · `U user …` (other accounts) ·
 * `B id limit since` (seconds, of the host's uptime) · `E id status` · `D id status` (guard said no) · `T id status` (trial did) ·
 * `H id` (over its limit, ended there) · `I id invocation` · `S` (nothing more is begun: we said so, or the shell that
 * watches over it is gone) · `end`; in a stretch that is to be confirmed also `W id` (begins to change something), and at last
 * `C` (confirmed) or `R` (reverted).
 */
export function applyText(
  name: JobName,
  job: ApplyJob,
  attempt: number,
  thenJobs: ReadonlyMap<number, number>,
  draw?: Draw,
): Sh {
  const users = usersOf(job.changes);
  return join([
    sh`{`,
    printFrame(name, 'J', sh`$$`),
    openingText(name, job, attempt, users, draw),
    ...job.changes.map((change) => changeText(name, job, change, thenJobs.get(change.id))),
    failedText(job),
    settleText(job),
    sh`echo end >>"$tbr/journal"`,
    sh`exit 0`,
    sh`} </dev/null`,
  ]);
}

function openingText(
  name: JobName,
  job: ApplyJob,
  attempt: number,
  users: readonly string[],
  draw: Draw | undefined,
): Sh {
  const refuse = (why: Sh) => sh`{ ${printFrame(name, 'X', why)}; exit 1; }`;
  const uploads = job.changes.flatMap(({ id, upload }) => (upload ? [{ id, upload }] : []));
  return join([
    // A write to a connection that is gone must not end the job; each change gets the signal back.
    sh`trap '' PIPE; umask 077; tbr=${runFolder(job, attempt)}`,
    sh`tbs=; [ -r /proc/$$/stat ] && read -r tbs </proc/$$/stat && set -- $tbs && shift 21 && tbs=$1`,
    goText(name, job),
    ...(draw ? [lockText(name, draw, uploads.length > 0)] : [sh`unset TB_SHELL`]),
    leftText(refuse, (record) => printFrame(name, 'V', record)),
    sh`tbx=$(mkdir -p "$tbr/backup" "$TB_STATE/owed" 2>&1) || ${refuse(sh`"$tbx"`)}`,
    ...uploads.map(
      ({ id, upload }) =>
        sh`tbx=$(sha256sum <"$tbr"/upload.${id}); [ "\${tbx%% *}" = ${upload.sha256} ] || { set -- $(df -P "$tbr" 2>/dev/null | tail -n 1); ${refuse(sh`"U ${id} $(wc -c <"$tbr"/upload.${id}) \${4:-0}"`)}; }`,
    ),
    sh`tbx=; { read -r tbx </proc/sys/kernel/random/boot_id; } 2>/dev/null`,
    // Made only when it is not there: somebody who gave us up has put his own there, and then nothing may run.
    // An empty one is ours, for which there was no room.
    sh`( set -C; echo "P $$ $tbs \${tbx:--} "${`${jobMark(name)} ${isWhole(job) ? 'whole' : 'part'}`} >"$tbr/journal" ) 2>/dev/null || { [ -s "$tbr/journal" ] && ${refuse(sh`twice`)}; ${refuse(sh`"cannot write $tbr/journal: $(df -P "$tbr" 2>/dev/null | tail -n 1)"`)}; }`,
    sh`exec 5>&1 6>&2 >>"$tbr/shell.log" 2>&1`,
    backupText(job, attempt, users.length > 0),
    sh`TB_LOCALE=C; if [ -d /usr/lib/locale/C.utf8 ] || [ -d /usr/lib/locale/C.UTF-8 ] || [ -f /etc/alpine-release ] || [ "$(LC_ALL=C.UTF-8 locale charmap 2>/dev/null)" = UTF-8 ]; then TB_LOCALE=C.UTF-8; fi`,
    sh`LC_ALL=$TB_LOCALE TB_UPLOAD= DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical APT_LISTCHANGES_FRONTEND=none NEEDRESTART_MODE=l UCF_FORCE_CONFFOLD=1`,
    sh`export LC_ALL TB_LOCALE TB_BACKUP TB_UPLOAD DEBIAN_FRONTEND DEBIAN_PRIORITY APT_LISTCHANGES_FRONTEND NEEDRESTART_MODE UCF_FORCE_CONFFOLD`,
    // Others pass through to their own backup folder and upload, and can read nothing else on the way.
    ...(users.length > 0
      ? [
          sh`echo U ${users} >>"$tbr/journal"`,
          accountText(),
          sh`chmod 711 "$TB_STATE" "$TB_STATE/runs" "\${tbr%/*}" "$tbr"`,
        ]
      : []),
    armText(job, attempt, {
      refuse: (why) => sh`{ ${printFrame(name, 'X', why)} >&5; exit 1; }`,
      save: (change, save) => runText(name, change, save, 's'),
    }),
    sh`tbgo=1`,
  ]);
}

function changeText(name: JobName, job: ApplyJob, change: ApplyChange, thenJob: number | undefined): Sh {
  const tagged = { ...name, tag: String(change.id) };
  const { id } = change;
  const locks = job.lock !== undefined;
  const lines = [
    // Others may have written while this script was stopped or its run asleep: what is planned may be wrong by now.
    locks ? sh`[ $tbgo = 0 ] || tb_mine || tbgo=0` : sh`:`,
    sh`if tb_go; then`,
    sh`${printFrame(tagged, 'C')} >&5`,
    sh`tb=0 tbw= tbx=; read -r tbx tbl </proc/uptime; echo "B ${id} ${Math.ceil(change.limitMs / 1000)} \${tbx%.*}" >>"$tbr/journal" || { tb=${CANNOT_PREPARE}; tbw="cannot write $tbr/journal"; }`,
  ];
  if (change.guard) {
    lines.push(
      sh`if [ $tb = 0 ]; then ${runText(name, change, change.guard, 'g')}`,
      // Only 75 is drift. Any other failure (an account that cannot be become, a file that cannot be read) says
      // nothing of the host, and planning again would not mend it.
      sh`tb=$?; case $tb in 0) ;; 75) tbw=drifted ;; *) tbw=guard; printf 'the check before it ended with status %s: nothing was changed\\n' $tb >>"$tbr"/spool.${id} ;; esac; fi`,
    );
  }
  if (change.trial) {
    lines.push(
      sh`if [ $tb = 0 ]; then ${runText(name, change, change.trial, 't')}`,
      sh`[ $? != ${LOCKED_OUT} ] || { tb=${LOCKED_OUT}; tbw=locked_out; }; fi`,
    );
  }
  // Where it may be taken back, all is kept before the first write.
  if (change.save && !job.confirm) {
    lines.push(
      sh`if [ $tb = 0 ]; then ${runText(name, change, change.save, 's')}`,
      sh`tb=$?; [ $tb = 0 ] || tbw='what the way back needs could not be kept: nothing was changed'; fi`,
    );
  }
  if (locks) lines.push(sh`[ $tb != 0 ] || tb_mine || { tb=75; tbw=drifted; }`);
  for (const mark of change.owes) {
    lines.push(
      sh`if [ $tb = 0 ]; then printf '' >"$TB_STATE"/owed/${mark} || { tb=${CANNOT_PREPARE}; tbw="cannot write $TB_STATE/owed/"${mark}; }; fi`,
    );
  }
  // What checks its ground before it starts may do so again at its last moment.
  const late = change.guard ? sh`; [ $tb != 75 ] || tbw=drifted` : sh``;
  if (job.confirm && change.save)
    lines.push(
      sh`if [ $tb = 0 ] && [ -e "$tbv/late.${id}" ]; then ${runText(name, change, change.save, 's')}`,
      sh`tb=$?; [ $tb = 0 ] || tbw='what the way back needs could not be kept: nothing was changed'; fi`,
    );
  const around = aroundText(job, change);
  if (around)
    lines.push(
      sh`if [ $tb = 0 ]; then ${around.before} || { tb=${CANNOT_PREPARE}; tbw="cannot write $tbv"; }; fi`,
    );
  const run = runText(name, change, change.run, 'r');
  const reboot = rebootText(change);
  if (reboot) lines.push(reboot.before);
  lines.push(sh`if [ $tb = 0 ]; then`, run, sh`tb=$?${late}; fi`, killedText(sh`"$tbr"/spool.${id}`));
  if (reboot) lines.push(reboot.after);
  if (around) lines.push(around.after);
  if (change.pays.length > 0) {
    const paths = change.pays.map((mark) => sh`"$TB_STATE"/owed/${mark}`);
    lines.push(sh`if [ $tb = 0 ]; then rm -f ${paths}; fi`);
  }
  lines.push(endText(tagged, change));
  if (thenJob !== undefined)
    lines.push(thenText({ nonce: name.nonce, job: thenJob }, change, changeMark(jobMark(name), 'then')));
  lines.push(sh`fi`);
  return join(lines);
}

/** One text of a change in its world. `purpose` keeps the here-documents of one change apart. */
function runText(name: JobName, change: ApplyChange, script: Sh, purpose: 'g' | 't' | 's' | 'r'): Sh {
  const { id, user, upload } = change;
  const spool = sh`"$tbr"/spool.${id}`;
  const apart = change.captures && purpose === 'r';
  const streams = apart ? sh`>>"$tbr"/capture.${id} 2>>${spool}` : sh`>>${spool} 2>&1`;
  // Streams are opened under umask 077: others may pass through the folder on their way to their own files.
  const world = [sh`umask 022; trap - PIPE; TB_CHANGE=${changeMark(jobMark(name), id)}; export TB_CHANGE`];
  if (upload) world.push(sh`TB_UPLOAD=$tbr/upload.${id}`);
  if (user === undefined) return sh`( ${join([...world, evalInner(script)], '; ')} ) ${streams} 5>&- 6>&-`;
  world.push(
    sh`TB_BACKUP=$TB_BACKUP.${user}`,
    // Only root can give files away; as anybody else, open them as far as the folders above let anyone in.
    sh`mkdir -p "$TB_BACKUP"; chmod 700 "$TB_BACKUP"; chown ${user} "$TB_BACKUP" 2>/dev/null || chmod 1777 "$TB_BACKUP"`,
  );
  if (upload) world.push(sh`chown ${user} "$TB_UPLOAD" 2>/dev/null || chmod 644 "$TB_UPLOAD"`);
  const locale = sh`LC_ALL=$TB_LOCALE; export LC_ALL`;
  const run = evalAsText(script, user, `TB${name.nonce}${purpose}${id}`, locale);
  return sh`( ${join(world, '; ')}\n${run}\n) ${streams} 5>&- 6>&-`;
}

/** Journal first, then the frames: B, the last of what was printed, O and the captured stdout, E. */
function endText(tagged: JobName & { readonly tag: string }, change: ApplyChange): Sh {
  const { id } = change;
  const lines = [
    sh`case $tbw in drifted) echo "D ${id} $tb" ;; locked_out) echo "T ${id} $tb" ;; *) echo "E ${id} $tb" ;; esac >>"$tbr/journal"`,
  ];
  if (change.unit !== undefined) {
    lines.push(
      sh`tbi=$(systemctl show -p InvocationID --value -- ${change.unit} 2>/dev/null); echo "I ${id} $tbi" >>"$tbr/journal"`,
      sh`${printFrame(tagged, 'I', sh`"$tbi"`)} >&5`,
    );
  }
  lines.push(
    sh`${printFrame(tagged, 'B')} >&5`,
    sh`[ -s "$tbr"/spool.${id} ] && tail -c ${OUTPUT_KEPT} "$tbr"/spool.${id} >&5`,
    sh`case $tbw in ''|drifted|guard|locked_out) ;; *) printf '%s\n' "$tbw" >&5 ;; esac`,
  );
  if (change.captures) {
    lines.push(
      sh`${printFrame(tagged, 'O')} >&5`,
      sh`[ -s "$tbr"/capture.${id} ] && tail -c ${OUTPUT_KEPT} "$tbr"/capture.${id} >&5`,
    );
  }
  lines.push(sh`${printFrame(tagged, 'E', sh`"$tb $tbw"`)} >&5`, sh`[ $tb = 0 ] || tbgo=0`);
  return join(lines);
}
