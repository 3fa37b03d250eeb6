/** What `ip -d -j addr` and `ip -j route` print, as the state of a link. */
import type { LinkState } from './link-state.ts';

interface AddressRecord {
  readonly family?: string;
  readonly local?: string;
  readonly prefixlen?: number;
  readonly scope?: string;
  readonly protocol?: string;
  readonly 'stable-privacy'?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

export interface LinkRecord {
  readonly ifname: string;
  readonly flags?: readonly string[];
  readonly mtu?: number;
  readonly master?: string;
  readonly link_type?: string;
  readonly address?: string;
  readonly addr_info?: readonly AddressRecord[];
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: Fields;
    readonly info_slave_data?: Fields;
  };
}

interface Hop {
  readonly dev?: string;
  readonly gateway?: string;
  readonly via?: { readonly host?: string };
}

export interface RouteRecord extends Hop {
  readonly type?: string;
  readonly dst?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly metrics?: readonly Fields[];
  readonly nexthops?: readonly Hop[];
  /** Preference of a router: every IPv6 route has one, no IPv4 route does. */
  readonly pref?: string;
}

/** A list of records, or undefined for anything else. What old versions print for nothing (`[{}]`, ``) is empty. */
export function jsonList<T>(text: string): readonly T[] | undefined {
  try {
    const value: unknown = text.trim() === '' ? [] : JSON.parse(text);
    if (!Array.isArray(value)) return undefined;
    return value.filter((item) => typeof item === 'object' && item !== null && Object.keys(item).length > 0);
  } catch {
    return undefined;
  }
}

export function linkState(link: LinkRecord, routes: readonly RouteRecord[]): LinkState {
  const ether = link.link_type === 'ether';
  return {
    exists: true,
    type: link.linkinfo?.info_kind ?? '',
    up: link.flags?.includes('UP') ?? false,
    mtu: link.mtu ?? 0,
    mac: ether ? (link.address ?? '').toLowerCase() : '',
    master: link.master ?? '',
    addresses: (link.addr_info ?? []).flatMap(addressText).sort(),
    routes: routes.flatMap((route) => routeTexts(route, link.ifname)).sort(),
    settings: settingsOf(link.linkinfo),
  };
}

function addressText(address: AddressRecord): readonly string[] {
  if (address.local === undefined || kernelMade(address)) return [];
  return [`${address.local}/${address.prefixlen ?? 0}`];
}

/** A link-local IPv6 address that nobody typed: said so, private by its flag, or made of a MAC (`ff:fe` in its middle). */
function kernelMade(address: AddressRecord): boolean {
  if (address.family !== 'inet6' || address.scope !== 'link') return false;
  if (address.protocol === 'kernel_ll' || address['stable-privacy'] === true) return true;
  return /ff:fe[0-9a-f]{2}:[0-9a-f]{1,4}$/.test(address.local ?? '');
}

/**
 * Numbers of those who make routes of their own accord: the kernel (redirects, itself, router advertisements) and
 * routing daemons (gated, zebra, bird, babel, FRR's from 186 on: bgp, isis, ospf, rip, its static ones).
 */
const MAKERS = new Set(
  '1 2 8 9 10 11 12 13 14 15 17 42 84 186 187 188 189 190 191 192 193 194 195 196 197 198'.split(' '),
);

/** The main table, and a route like any other, where `ip` says so at all. */
const MAIN = '254';
const UNICAST = '1';

function routeTexts(route: RouteRecord, name: string): readonly string[] {
  if (route.dst === undefined || (route.type !== undefined && route.type !== UNICAST)) return [];
  if (MAKERS.has(route.protocol ?? '')) return [];
  const hops = route.nexthops ?? [route];
  return hops.filter((hop) => hop.dev === name).map((hop) => routeText(route, hop));
}

function routeText(route: RouteRecord, hop: Hop): string {
  const six = route.pref !== undefined;
  const gateway = hop.gateway ?? hop.via?.host;
  const metric = route.metric ?? 0;
  const mtu = route.metrics?.find((each) => each.mtu !== undefined)?.mtu;
  return [
    destination(route.dst ?? '', six),
    ...(gateway === undefined ? [] : [`via ${gateway}`]),
    ...(route.prefsrc === undefined ? [] : [`src ${route.prefsrc}`]),
    ...(route.table === undefined || route.table === MAIN ? [] : [`table ${route.table}`]),
    // 1024 is what every IPv6 route gets for which none is given.
    ...(metric === (six ? 1024 : 0) ? [] : [`metric ${metric}`]),
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
  ].join(' ');
}

/** With its prefix length, also for a single address; `default` is IPv4's, IPv6's is `::/0`. */
function destination(dst: string, six: boolean): string {
  if (dst === 'default') return six ? '::/0' : 'default';
  return dst.includes('/') ? dst : `${dst}/${six ? 128 : 32}`;
}

/** Figures that move by themselves, and names that follow from the rest. */
const RESTLESS = /_timer$|^state$|^(topology_change|root_|bridge_id|config_pending|designated_)|_n_learned$/;

/** The plain values of the type's own fields; those of a port within a bridge begin with `slave_`. */
function settingsOf(info: LinkRecord['linkinfo']): Readonly<Record<string, string>> {
  const own = plainFields(info?.info_data ?? {}, '');
  return { ...own, ...plainFields(info?.info_slave_data ?? {}, 'slave_') };
}

function plainFields(fields: Fields, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      RESTLESS.test(name) || typeof value === 'object' ? [] : [[`${prefix}${name}`, String(value)]],
    ),
  );
}
