/** The way back of network interfaces: their settings from what was read, addresses and routes from what the host kept. */
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Back, Cut } from '../../model/resource.ts';
import type { LinkState } from './link-state.ts';
import { addLink, born, closeGap, type Gap, gapOf, type LinkWish } from './link-wish.ts';

/** A link that was made. */
export function newLinkBack(name: string): Back {
  return { restore: sh`[ ! -e /sys/class/net/${name} ] || ip link delete dev ${name}` };
}

/** A link that was changed in place. `now`: the number of the change, which names what is kept. */
export function changedLinkBack(wish: LinkWish, before: LinkState, now: number): Back {
  const { name } = wish;
  const gap = gapOf(wish, before);
  // Whoever comes back to its bridge is told again what it was there.
  const port = gap.master === undefined ? [] : Object.keys(ownSettings(before)).filter(isOfPort);
  const old = wishFrom(wish, before, [...new Set([...Object.keys(gap.settings), ...port])]);
  // As if all that the change touches were still to be undone.
  const back: Gap = {
    ...(gap.mac === undefined ? {} : { mac: before.mac }),
    ...(gap.mtu === undefined ? {} : { mtu: before.mtu }),
    ...(gap.master === undefined ? {} : { master: before.master }),
    settings: old.settings,
    addAddresses: [],
    dropAddresses: [],
    up: false,
  };
  const moves = gap.up || gap.master !== undefined || gap.mac !== undefined;
  const touches = moves || gap.addAddresses.length > 0 || gap.dropAddresses.length > 0;
  return {
    ...(touches ? { save: keepAddresses(name, now) } : {}),
    restore: join([
      // Its maker takes it away, and may have done so before.
      sh`[ -e /sys/class/net/${name} ] || exit 0`,
      closeGap(old, back),
      ...(gap.up ? [sh`ip link set dev ${name} down || exit $?`] : []),
      ...(touches ? [addressesAgain(name, gap.addAddresses, before, now)] : []),
      sh`:`,
    ]),
  };
}

/** A link that was taken away, or made anew: with the settings that this product gives links of its type. */
export function removedLinkBack(wish: LinkWish, before: LinkState): Back {
  const old = wishFrom(wish, before, Object.keys(ownSettings(before)));
  const { name } = wish;
  return {
    restore: join([
      sh`[ ! -e /sys/class/net/${name} ] || ip link delete dev ${name} || exit $?`,
      addLink(old),
      closeGap(old, { ...gapOf(old, born(old)), up: before.up }),
      ...(wish.members ?? []).map(
        (each) => sh`[ ! -e /sys/class/net/${each} ] || ip link set dev ${each} master ${name} || exit $?`,
      ),
      ...routesAgain(name, before),
      sh`:`,
    ]),
    leaves: [
      `of ${name}, settings that no step of this product sets, and routes through it that others made`,
    ],
  };
}

type OwnType = 'bridge' | 'vrf' | 'vxlan';

/** Whether this product makes links of that type. */
export function isOwnType(type: string): type is OwnType {
  return Object.hasOwn(SETTINGS, type);
}

/** As a port of a bridge, of whatever type. */
const PORT: readonly string[] = ['slave_learning', 'slave_neigh_suppress'];

/** Of a link's settings those that this product gives links of its type, and ports. */
export function ownSettings({ type, settings }: LinkState): Readonly<Record<string, string>> {
  const known = [...(isOwnType(type) ? SETTINGS[type] : []), ...PORT];
  return Object.fromEntries(Object.entries(settings).filter(([name]) => known.includes(name)));
}

/** What this product sets of the links that it makes, and can tell `ip` again. */
const SETTINGS: Readonly<Record<OwnType, readonly string[]>> = {
  bridge: ['stp_state'],
  vrf: ['table'],
  vxlan: ['id', 'local', 'local6', 'port', 'learning'],
};

function isOfPort(name: string): boolean {
  return name.startsWith('slave_');
}

function wishFrom(wish: LinkWish, before: LinkState, names: readonly string[]): LinkWish {
  const settings = names.flatMap((name) => {
    const value = before.settings[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    name: wish.name,
    type: wish.type,
    mtu: before.mtu,
    ...(before.mac === '' ? {} : { mac: before.mac }),
    master: before.master,
    addresses: before.addresses,
    settings: Object.fromEntries(settings),
  };
}

/** Whole, with their labels, times and metrics, as the kernel gives them. */
export function keepAddresses(name: string, now: number): Sh {
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  return sh`[ -e /sys/class/net/${name} ] || exit 0
ip address save dev ${name} >${kept}.address && ip -4 route save table all dev ${name} >${kept}.route4 || exit 1
ip -6 route save table all dev ${name} >${kept}.route6 2>/dev/null || :`;
}

/** New addresses go, those of before and the routes that went with them come back. */
export function addressesAgain(
  name: string,
  added: readonly string[],
  { addresses }: LinkState,
  now: number,
): Sh {
  const kept = sh`"\${TB_BACKUP:?}"/${now}`;
  const strange = added.filter((each) => !addresses.includes(each));
  return join([
    ...strange.map((each) => sh`ip address delete ${each} dev ${name} 2>/dev/null`),
    sh`if [ -s ${kept}.address ]; then`,
    sh`ip address restore <${kept}.address || exit 1`,
    // In vain for what the kernel makes by itself, as for routes through what is switched off.
    sh`ip route restore <${kept}.route4 2>/dev/null; [ ! -s ${kept}.route6 ] || ip route restore <${kept}.route6 2>/dev/null`,
    sh`fi`,
    sh`tb_now=$(ip -o address show dev ${name}) || exit 1`,
    ...strange.map(
      (each) => sh`case $tb_now in *${` ${each} `}*) echo ${each}" is still there" >&2; exit 1 ;; esac`,
    ),
    ...addresses.map(
      (each) =>
        sh`case $tb_now in *${` ${each.replace(/\/(32|128)$/, '')}`}*) ;; *) echo ${each}" has not come back" >&2; exit 1 ;; esac`,
    ),
  ]);
}

function routesAgain(name: string, { routes }: LinkState): readonly Sh[] {
  return routes.map((route) => {
    const six = route.split(' ')[0]?.includes(':') ? '-6' : '-4';
    return sh`ip ${six} route replace ${route.split(' ')} dev ${name} || exit $?`;
  });
}

/**
 * Whether the change of a link can cut a connection over it, or lead its packets elsewhere: where addresses come or go
 * in the main table, or the link changes hands.
 */
export function linkCuts(before: LinkState, after: LinkState): { readonly cuts?: Cut } {
  const same = before.addresses.join() === after.addresses.join();
  const holds = before.addresses.length > 0 || after.addresses.length > 0;
  // A port of a bridge or VRF speaks for itself no more.
  if (before.exists && before.master !== after.master && (holds || before.type === ''))
    return { cuts: 'address' };
  if (before.exists && before.addresses.some((each) => !after.addresses.includes(each)))
    return { cuts: 'address' };
  return same || after.master !== '' ? {} : { cuts: 'route' };
}
