/** Addresses, MTU and routes of a WireGuard interface: changed in place, by wg-quick's own rules. */

import { contains, formatCidr, networkOf, parseCidr } from '../../base/ip-address.ts';
import { join, type Sh, sh } from '../../base/sh.ts';
import type { Back, Difference, Draft, Resource } from '../../model/resource.ts';
import { addressesAgain, keepAddresses } from '../link/link-back.ts';
import { linkKind } from '../link/link-kind.ts';
import { type LinkState, linkKey, NO_LINK } from '../link/link-state.ts';
import { notRunning } from './wireguard-interface.ts';
import { hasHooks, isDefault, type WireguardWish } from './wireguard-wish.ts';

/** What is to be done to a link. Routes as {@link LinkState} has them. */
interface LinkChange {
  readonly up: boolean;
  readonly mtu: boolean;
  readonly addAddresses: readonly string[];
  readonly dropAddresses: readonly string[];
  readonly addRoutes: readonly string[];
  readonly dropRoutes: readonly string[];
}

export function wireguardLink(wish: WireguardWish): Resource<LinkState> {
  return {
    kind: linkKind,
    key: linkKey(wish.interface),
    plan(state, _, now) {
      if (!state.exists) throw notRunning(wish.interface);
      const change = compare(wish, state);
      if (!change.up && !change.mtu && listsOf(change).every(([, list]) => list.length === 0)) return null;
      return draft(wish, state, change, now);
    },
  };
}

/** Routes that wg-quick makes, sorted: none that the interface's own prefix covers, and none with `Table = off`. */
export function wantedRoutes(wish: WireguardWish): readonly string[] {
  if (wish.table === 'off') return [];
  const networks = wish.peers.flatMap(({ allowedIps }) => allowedIps);
  // Of a table of its own wg-quick asks nothing.
  if (wish.table !== 'auto') return [...new Set(networks.map((each) => routeIn(each, wish.table)))].sort();
  const prefixes = wish.addresses.flatMap((address) => parseCidr(address) ?? []).map(networkOf);
  const covered = (network: string): boolean => {
    const inner = parseCidr(network);
    return inner !== undefined && prefixes.some((outer) => contains(outer, inner));
  };
  const plain = networks.filter((network) => !isDefault(network) && !covered(network));
  return [...new Set(plain)].sort();
}

function routeIn(network: string, table: string): string {
  const place = network === '0.0.0.0/0' ? 'default' : network;
  return table === '254' ? place : `${place} table ${table}`;
}

/** Routes in the table that is ours, and what the main one has left of them from before; others are none of our business. */
function ownRoutes(wish: WireguardWish, routes: readonly string[]): readonly string[] {
  if (wish.table === 'off') return [];
  const own = wish.table === 'auto' || wish.table === '254' ? undefined : wish.table;
  const networks = wish.peers.flatMap(({ allowedIps }) => allowedIps);
  return routes.filter((route) => / table (\S+)/.exec(route)?.[1] === own || networks.includes(route));
}

function compare(wish: WireguardWish, state: LinkState): LinkChange {
  const routes = wantedRoutes(wish);
  const own = ownRoutes(wish, state.routes);
  // What commands of the user's add when the interface comes up is theirs.
  const others = hasHooks(wish);
  const missing = (wanted: readonly string[], found: readonly string[]) =>
    wanted.filter((each) => !found.includes(each));
  return {
    up: !state.up,
    mtu: state.mtu !== wish.mtu,
    addAddresses: missing(wish.addresses, state.addresses),
    dropAddresses: others ? [] : missing(state.addresses, wish.addresses),
    addRoutes: missing(routes, own),
    dropRoutes: others ? [] : missing(own, routes),
  };
}

function listsOf(change: LinkChange): readonly (readonly [string, readonly string[]])[] {
  return [
    ['add address', change.addAddresses],
    ['remove address', change.dropAddresses],
    ['add route', change.addRoutes],
    ['remove route', change.dropRoutes],
  ];
}

function draft(wish: WireguardWish, state: LinkState, change: LinkChange, now: number): Draft<LinkState> {
  const diff: Difference[] = [];
  const field = (name: string, from: string, to: string): void => {
    diff.push({ kind: 'field', name, from, to });
  };
  if (change.up) field('state', 'down', 'up');
  if (change.mtu) field('mtu', String(state.mtu), String(wish.mtu));
  for (const each of change.addAddresses) field('address', 'none', each);
  for (const each of change.dropAddresses) field('address', each, 'none');
  for (const each of change.addRoutes) field('route', 'none', each);
  for (const each of change.dropRoutes) field('route', each, 'none');
  const lists = listsOf(change).flatMap(([verb, list]) =>
    list.length === 0 ? [] : [`${verb} ${list.join(', ')}`],
  );
  return {
    action: 'update',
    summary: [
      ...(change.up ? ['switch on'] : []),
      ...(change.mtu ? [`mtu ${state.mtu} → ${wish.mtu}`] : []),
      ...lists,
    ].join(', '),
    diff,
    after: {
      ...state,
      up: true,
      mtu: wish.mtu,
      addresses: edited(state.addresses, change.addAddresses, change.dropAddresses),
      routes: edited(state.routes, change.addRoutes, change.dropRoutes),
    },
    run: commands(wish, change),
    effects: [],
    opaque: false,
    inverse: 'yes',
    back: wayBack(wish.interface, state, change, now),
    cuts: 'wireguard',
  };
}

function edited(list: readonly string[], add: readonly string[], drop: readonly string[]): readonly string[] {
  return [...list.filter((each) => !drop.includes(each)), ...add].sort();
}

/**
 * New addresses before old ones go: with the last one the kernel drops all routes. With an address of a prefix it may
 * drop others of the same, so all that is wanted is put back.
 */
function commands(wish: WireguardWish, change: LinkChange): Sh {
  const name = wish.interface;
  const shaken = change.dropAddresses.length > 0 || change.up;
  const addresses = shaken ? wish.addresses : change.addAddresses;
  const routes = shaken ? wantedRoutes(wish) : change.addRoutes;
  const add = (address: string): Sh =>
    sh`ip ${family(address)} address replace ${address} dev ${name} || exit 1`;
  return join([
    ...(change.mtu || change.up ? [sh`ip link set dev ${name} mtu ${wish.mtu} up || exit 1`] : []),
    ...change.addAddresses.map(add),
    ...change.dropAddresses.map((each) => sh`ip address del ${each} dev ${name} || exit 1`),
    ...(shaken ? addresses.map(add) : []),
    ...change.dropRoutes.map((each) => sh`ip ${family(each)} route del ${words(each)} dev ${name} || exit 1`),
    ...routes.map((each) => sh`ip ${family(each)} route replace ${words(each)} dev ${name} || exit 1`),
    sh`:`,
  ]);
}

function wayBack(name: string, before: LinkState, change: LinkChange, now: number): Back {
  return {
    save: keepAddresses(name, now),
    restore: join([
      sh`[ -e /sys/class/net/${name} ] || exit 0`,
      ...(change.mtu ? [sh`ip link set dev ${name} mtu ${before.mtu} || exit 1`] : []),
      ...change.addRoutes.map(
        (each) => sh`ip ${family(each)} route del ${words(each)} dev ${name} 2>/dev/null`,
      ),
      ...(change.up ? [sh`ip link set dev ${name} down || exit 1`] : []),
      addressesAgain(name, change.addAddresses, before, now),
    ]),
  };
}

function words(route: string): readonly string[] {
  return route.split(' ');
}

function family(text: string): string {
  return text.split(' ')[0]?.includes(':') ? '-6' : '-4';
}

/** The link as wg-quick makes it from its file. */
export function startedLink(wish: WireguardWish): LinkState {
  return {
    ...NO_LINK,
    exists: true,
    type: 'wireguard',
    up: true,
    mtu: wish.mtu,
    addresses: [...wish.addresses].sort(),
    routes: wantedRoutes(wish),
  };
}

/** An address as the kernel shows it, with its prefix length; undefined for what is none. */
export function plainCidr(text: string): string | undefined {
  const cidr = parseCidr(text);
  return cidr && formatCidr(cidr);
}
