/** The way back of a unit of systemd, and which units carry a connection. */
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Back, Cut } from '../../model/resource.ts';
import { keepNetwork, linksSettled, networkAgain } from './network-keep.ts';
import type { UnitVerb } from './unit-command.ts';
import { unitScript } from './unit-command.ts';
import type { UnitState } from './unit-kind.ts';

/** A restart that hangs must leave time to bring back what it was to bring. */
const START_SECONDS = 30;

/**
 * What was started is stopped in its turn, before its file goes. What ran before is started when all files are as they
 * were: `finish`. `now`: the number of the change.
 */
export function unitBack(unit: string, before: UnitState, verbs: readonly UnitVerb[], now: number): Back {
  const has = (...some: readonly UnitVerb[]): boolean => some.some((verb) => verbs.includes(verb));
  const ran = before.active === 'active' || before.active === 'reloading' || before.active === 'activating';
  const masked = before.load === 'masked' || before.file.startsWith('masked');
  const starts = has('start', 'restart', 'reload-or-restart');
  const away: Sh[] = [];
  if (has('mask')) away.push(sh`systemctl unmask ${unit} || exit $?`);
  if (starts && !ran) away.push(stopped(unit));
  if (has('enable') && before.file !== 'enabled') away.push(disabled(unit));
  const last: UnitVerb[] = [];
  if (has('disable', 'mask') && before.file === 'enabled') last.push('enable');
  if (ran && has('stop')) last.push('start');
  if (ran && starts) last.push(has('reload-or-restart') ? 'reload-or-restart' : 'restart');
  if (has('unmask') && masked) last.push('mask');
  const finish = [
    ...(has('daemon-reload') || !before.exists ? [RELOAD] : last.length > 0 ? [reloadFor(unit)] : []),
    ...(last.length === 0 ? [] : [onlyThere(unit), unitScript(unit, last, START_SECONDS)]),
  ];
  if (unitCuts(unit, verbs).cuts === 'address') return networkBack(unit, { away, finish, last }, now);
  return {
    restore: join([...away, sh`:`]),
    ...(finish.length === 0 ? {} : { finish: join(finish) }),
  };
}

/** At once, so that there is a way to the host again whatever its units do; and once more when they have settled. */
function networkBack(
  unit: string,
  parts: { readonly away: readonly Sh[]; readonly finish: readonly Sh[]; readonly last: readonly UnitVerb[] },
  now: number,
): Back {
  const starts = parts.last.some((verb) => verb !== 'enable' && verb !== 'mask');
  const inner = (lines: readonly Sh[]) => sh`( ${join([...lines, sh`:`])}\n)\ntb_rc=$?`;
  return {
    save: keepNetwork(now),
    restore: join([inner(parts.away), networkAgain(now, false), sh`exit $tb_rc`]),
    finish: join([
      inner(parts.finish),
      ...(starts ? linksSettled(unit) : []),
      networkAgain(now, true),
      sh`exit $tb_rc`,
    ]),
  };
}

/** What a package has brought has gone with it. */
function onlyThere(unit: string): Sh {
  return sh`[ "$(systemctl show -p LoadState --value -- ${unit})" != not-found ] || exit 0`;
}

const RELOAD = sh`systemctl daemon-reload || exit $?`;

function reloadFor(unit: string): Sh {
  return sh`[ "$(systemctl show -p NeedDaemonReload --value -- ${unit} 2>/dev/null)" != yes ] || systemctl daemon-reload || exit $?`;
}

function stopped(unit: string): Sh {
  return sh`if [ "$(systemctl show -p ActiveState --value -- ${unit})" != inactive ]; then systemctl stop ${unit} || exit $?; systemctl reset-failed ${unit} 2>/dev/null; fi`;
}

/** What is not there any more is not enabled either. */
function disabled(unit: string): Sh {
  return sh`if [ "$(systemctl show -p UnitFileState --value -- ${unit})" = enabled ]; then systemctl disable ${unit} || exit $?; fi`;
}

const CARRIERS: readonly (readonly [RegExp, Cut])[] = [
  [/^(sshd?|dropbear)(@.*)?\.(service|socket)$/, 'sshd'],
  [
    /^(nftables|iptables|ip6tables|netfilter-persistent|ufw|firewalld|shorewall6?|pve-firewall|proxmox-firewall)\.service$/,
    'firewall',
  ],
  [/^(networking|systemd-networkd|NetworkManager|wpa_supplicant|ifup@.*)\.(service|socket)$/, 'address'],
  [/^wg-quick@.*\.service$/, 'wireguard'],
];

/** A unit that is only enabled, or disabled, goes on as it is. */
export function unitCuts(unit: string, verbs: readonly UnitVerb[]): { readonly cuts?: Cut } {
  const still = ['daemon-reload', 'enable', 'disable', 'unmask'];
  if (verbs.every((verb) => still.includes(verb))) return {};
  const found = CARRIERS.find(([name]) => name.test(unit));
  return found ? { cuts: found[1] } : {};
}
