/** Units by which we come to a host, and the firewall that is loaded by one: what acts on them is tried first. */
import { join, type Sh, sh } from '../../base/sh.ts';
import { FOLDER } from '../nft/nft-boot.ts';
import type { UnitVerb } from '../unit/unit-command.ts';
import { tryFirewall } from './firewall-trial.ts';
import { LOCKED_OUT, OR_NOT_TRIED, SESSION_WAY } from './session-way.ts';
import { trySshd } from './sshd-trial.ts';

const SSHD: ReadonlySet<string> = new Set(['ssh.service', 'sshd.service', 'ssh.socket', 'sshd.socket']);

/** As nftables.service does when it starts, what hangs on it included. */
const LOAD_NFTABLES: Sh = sh`nft flush ruleset && nft -f /etc/nftables.conf || exit 1
for tb_file in ${FOLDER}/*.nft; do [ ! -e "$tb_file" ] || nft -f "$tb_file"; done; :`;

/** Undefined where nothing that these verbs do to the unit can shut the way here. */
export function unitTrial(unit: string, verbs: readonly UnitVerb[]): Sh | undefined {
  const starts = verbs.some((verb) => verb === 'start' || verb === 'restart' || verb === 'reload-or-restart');
  if (unit === 'nftables.service') return starts ? tryFirewall(LOAD_NFTABLES) : undefined;
  if (!SSHD.has(unit)) return undefined;
  if (verbs.includes('stop')) return tryStop(unit);
  return starts ? trySshd(sh`:`) : undefined;
}

function tryStop(unit: string): Sh {
  const others = [...SSHD].filter((each) => each !== unit);
  return join([
    SESSION_WAY,
    OR_NOT_TRIED,
    // Of the daemon and its socket one is enough, and `sshd` may be another name of `ssh`.
    sh`tb_own=$(systemctl show -p Id --value ${unit})`,
    sh`for tb_unit in ${others}; do`,
    sh`[ "$(systemctl show -p Id --value $tb_unit)" != "$tb_own" ] && systemctl is-active -q $tb_unit && exit 0`,
    sh`done`,
    sh`systemctl is-active -q ${unit} || exit 0`,
    sh`echo "without "${unit}" nothing would listen for SSH any more"`,
    sh`exit ${LOCKED_OUT}`,
  ]);
}
