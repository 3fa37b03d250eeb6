/** Text that makes a stretch one that can be taken back: all that the way back needs is kept, and a timer runs, before the first write. */
import { randomBytes } from 'node:crypto';
import { join, type Sh, sh } from '../base/sh.ts';
import type { ApplyChange, ApplyJob } from './contract.ts';
import { hereDoc } from './frame.ts';
import { TOP } from './lock-text.ts';
import {
  BOOT_CRON,
  BOOT_LINK,
  BOOT_LOCAL,
  BOOT_UNIT,
  REVERTED,
  revertFolder,
  revertScript,
  revertUnit,
} from './revert-script.ts';

export interface ArmText {
  /** Statements that say why nothing was begun, and end the script. */
  refuse(why: Sh): Sh;
  /** Runs a change's `save` in its world. */
  save(change: ApplyChange, save: Sh): Sh;
}

/** Empty for a stretch that nobody has to confirm. */
export function armText(job: ApplyJob, attempt: number, { refuse, save }: ArmText): Sh {
  if (!job.confirm) return sh`:`;
  const seconds = Math.ceil(job.confirm.deadlineMs / 1000);
  const marks = [...new Set(job.changes.flatMap(({ owes, pays }) => [...owes, ...pays]))];
  const give = (why: Sh) => sh`{ tb_unarm; ${refuse(why)}; }`;
  return join([
    sh`tbv=${revertFolder(job, attempt)}; tbhard=0`,
    // Confirmed before anything was made: the same as if it had never been armed.
    sh`tb_unarm() { [ ! -e "$tbv/until" ] || /bin/sh "$tbv/script" confirm >/dev/null 2>&1; rm -rf "$tbv"; }`,
    sh`tb_until() { read -r tbt tbx </proc/uptime && echo $((\${tbt%.*} + $1)) >"$tbv/until.new" && mv -f "$tbv/until.new" "$tbv/until"; }`,
    sh`tbx=$( { mkdir -p "$TB_STATE/revert" "$TB_STATE/reverted" && mkdir "$tbv"; } 2>&1 ) || ${give(sh`"$tbx"`)}`,
    ...job.changes.flatMap((change, index) =>
      change.save
        ? [
            save(change, change.save),
            // What an earlier one of these makes first can be kept no sooner.
            sh`tb=$?; [ $tb = 0 ] || ${index === 0 ? give(sh`"S ${change.id} $tb"`) : sh`: >"$tbv/late.${change.id}"`}`,
          ]
        : [],
    ),
    sh`for tbx in ${marks.length > 0 ? marks : sh`:`}; do [ ! -e "$TB_STATE/owed/$tbx" ] || echo "$tbx"; done >"$tbv/owed"`,
    hereDoc(sh`cat >"$tbv/script"`, `TBV${randomBytes(8).toString('hex')}`, revertScript(job, attempt)),
    sh`{ [ -s "$tbv/script" ] && tbx=$(/bin/sh -n "$tbv/script" 2>&1) && tb_until ${seconds}; } || ${give(sh`"the way back cannot be written: $tbx $(df -P "$tbv" 2>/dev/null | tail -n 1)"`)}`,
    bootText(),
    timerText(job, attempt, give),
  ]);
}

/**
 * What another run has left unconfirmed, and nobody is there any more to take back, is taken back now; then the host is
 * not as it was read, and `refuse` says so in the words of the lock. Records of reverts that nobody has asked for are
 * told. No process where there is nothing.
 */
export function leftText(refuse: (why: Sh) => Sh, tell: (record: Sh) => Sh): Sh {
  const stale = sh`"lock|stale|$tbh||||||"`;
  return sh`tbx=; for tbf in "$TB_STATE"/revert/*/script; do [ ! -e "$tbf" ] || /bin/sh "$tbf" later >/dev/null 2>&1 || [ $? != ${REVERTED} ] || tbx=1; done
for tbf in "$TB_STATE"/reverted/*; do [ ! -e "$tbf" ] || { ${tell(sh`"\${tbf##*/} $(tr '\\n' ';' <"$tbf")"`)}; rm -f "$tbf"; }; done
[ -z "$tbx" ] || { ${TOP}; ${refuse(stale)}; }`;
}

/** Before a change of such a stretch begins for good, and after it. `tbhard`: from here on the clock stands for no one. */
export function aroundText(
  job: ApplyJob,
  change: ApplyChange,
): { readonly before: Sh; readonly after: Sh } | undefined {
  if (!job.confirm) return undefined;
  const seconds = Math.ceil(job.confirm.deadlineMs / 1000);
  const begun = sh`echo "W ${change.id}" >>"$tbr/journal"`;
  if (job.confirm.soft.has(change.id)) {
    const most = seconds + Math.ceil(change.limitMs / 1000);
    return {
      before: sh`${begun} && { [ $tbhard = 1 ] || tb_until ${most}; }`,
      after: sh`[ $tbhard = 1 ] || tb_until ${seconds}`,
    };
  }
  return { before: sh`${begun} && { [ $tbhard = 1 ] || tb_until ${seconds}; tbhard=1; }`, after: sh`:` };
}

/** What failed is taken back at once. */
export function failedText(job: ApplyJob): Sh {
  return job.confirm ? sh`[ $tbgo = 1 ] || /bin/sh "$tbv/script" failed 5>&- 6>&-` : sh`:`;
}

/** What the next boot looks for: nothing that is running is told of it. */
function bootText(): Sh {
  const run = (dollar: string) =>
    `for s in /var/lib/tightbeam/revert/*/script; do [ ! -e "${dollar}s" ] || /bin/sh "${dollar}s" boot; done; :`;
  const after = [
    'network.target', 'networking.service', 'systemd-networkd.service', 'nftables.service', 'ssh.service',
    'sshd.service', 'wg-quick.target', 'systemd-sysctl.service', 'frr.service', 'pve-firewall.service',
  ]; // biome-ignore format: a list of words
  const unit = [
    '[Unit]',
    'Description=Takes back changes of Tightbeam that nobody confirmed',
    `After=${after.join(' ')}`,
    '[Service]',
    `ExecStart=/bin/sh -c '${run('$$')}'`,
    'KillMode=process',
    // What it took back is no failure of the unit, which would stand there as failed from then on.
    `SuccessExitStatus=${REVERTED}`,
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
  return join([
    sh`[ "$(id -u)" != 0 ] || { if [ -d /run/systemd/system ]; then mkdir -p /etc/systemd/system/multi-user.target.wants && printf %s ${unit} >${BOOT_UNIT} && ln -sfn ${BOOT_UNIT} ${BOOT_LINK}; chmod 644 ${BOOT_UNIT}`,
    sh`elif [ -d /etc/local.d ]; then printf '#!/bin/sh\n%s\n' ${run('$')} >${BOOT_LOCAL} && chmod 755 ${BOOT_LOCAL}`,
    sh`elif [ -d /etc/cron.d ]; then printf '@reboot root %s\n' ${run('$')} >${BOOT_CRON} && chmod 644 ${BOOT_CRON}; fi; } 2>/dev/null`,
  ]);
}

/** systemd's timer where it runs, else a process in a session of its own. Both end in the script. */
function timerText(job: ApplyJob, attempt: number, give: (why: Sh) => Sh): Sh {
  const unit = revertUnit(job, attempt);
  const ms = job.confirm?.deadlineMs ?? 0;
  return join([
    // All of it has to be there after a power cut, too.
    sh`( set --; for tbx in "$tbv"/* "$tbv" ${BOOT_UNIT} "$TB_BACKUP"/* "$TB_BACKUP"; do [ ! -e "$tbx" ] || set -- "$@" "$tbx"; done; sync "$@" 2>/dev/null || sync )`,
    sh`tbx=; [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ] && tbx=$(systemd-run --quiet --collect --unit=${unit} --on-active=${ms}ms --timer-property=AccuracySec=100ms --property=KillMode=process /bin/sh "$tbv/script" timer 2>&1 </dev/null) || {`,
    sh`( exec setsid /bin/sh "$tbv/script" timer ) </dev/null >/dev/null 2>&1 5>&- 6>&- &`,
    sh`tbp=$!; { read -r tbl </proc/$tbp/stat && set -- $tbl && shift 21 && echo "$tbp $1" >"$tbv/timer"; } || ${give(sh`"no timer could be started: $tbx"`)}`,
    sh`}`,
  ]);
}
