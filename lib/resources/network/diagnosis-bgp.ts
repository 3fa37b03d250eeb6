/** Why BGP, or EVPN over it, does not bring the routes: FRR on this host first, then each neighbour. */

import { asWritten } from '../../base/ip-address.ts';
import { type Fault, firstFault } from './diagnosis.ts';
import { bfdFault } from './diagnosis-bfd.ts';
import { linkWithAddress } from './diagnosis-mtu.ts';
import { blindFault } from './diagnosis-path.ts';
import { closedPort } from './diagnosis-port.ts';
import type { BgpNeighbor, Evidence, EvpnRoute, Routing } from './network-state.ts';
import type { SessionState } from './probe-state.ts';

export interface RouterWish {
  /** Own tunnel address: source of sessions and of VXLAN. */
  readonly address: string;
  readonly asn: number;
  readonly routerId?: string | undefined;
  readonly evpn: boolean;
  /** Neighbours' tunnel addresses. */
  readonly peers: readonly string[];
}

export interface NeighborWish {
  readonly name: string;
  readonly address: string;
  /** Its own AS. */
  readonly asn: number;
  readonly evpn: boolean;
  /** Types of EVPN routes that must come from it. */
  readonly routes: readonly number[];
}

/** What is wrong with this host's routing, whoever the neighbour. */
export function routerFault(evidence: Evidence, wish: RouterWish): Fault | undefined {
  const { routing } = evidence;
  if (routing === undefined)
    return { cause: 'FRR is not installed on this host', hint: 'set it up with the task frr' };
  if (!routing.running) {
    return {
      cause: 'bgpd does not run, or has no configuration',
      hint: 'look at `systemctl status frr`, and whether /etc/frr/daemons says bgpd=yes; the task frr sets both',
    };
  }
  return firstFault(
    () => asnFault(routing, wish.asn),
    () => closedSession(evidence, wish),
    () => routerIdFault(routing, wish.routerId),
    () => (wish.evpn ? (blindFault(evidence) ?? tunnelSource(evidence, wish.address)) : undefined),
  );
}

function asnFault(routing: Routing, asn: number): Fault | undefined {
  if (routing.asn === asn) return undefined;
  return {
    cause: `BGP ASN differs: bgpd of this host runs as AS ${routing.asn}, where ${asn} is meant`,
    hint: `set \`router bgp ${asn}\` by the task frr; its neighbours refuse it as "Bad Peer AS" until then`,
  };
}

/** Also where sessions stand: they may have been opened from here, and cannot be opened from there again. */
function closedSession(evidence: Evidence, { peers }: RouterWish): Fault | undefined {
  for (const saddr of peers) {
    const iif = evidence.paths[saddr]?.taken?.dev;
    const fault = closedPort(evidence, { protocol: 'tcp', port: 179, saddr, iif });
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function routerIdFault(routing: Routing, wanted: string | undefined): Fault | undefined {
  if (wanted === undefined || wanted === routing.routerId) return undefined;
  return {
    cause: `the router-id is ${routing.routerId}, not the tunnel address ${wanted}`,
    hint: 'the tunnel was not there when FRR was configured: apply the configuration again',
  };
}

/** Tunnel end points: VXLAN must leave from the tunnel address, which must be on the tunnel. */
function tunnelSource(evidence: Evidence, address: string): Fault | undefined {
  const all = Object.entries(evidence.links).filter(([, { type }]) => type === 'vxlan');
  // One without a source beside others with theirs floods a list of its own: it is not BGP's.
  const told = all.filter(([, { settings }]) => settings.local !== undefined);
  const odd = (told.length > 0 ? told : all).find(
    ([, { settings }]) => settings.local !== asWritten(address),
  );
  if (odd !== undefined) {
    const [name, { settings }] = odd;
    return {
      cause: `the tunnel source of ${name} is ${settings.local ?? 'not set'}, not the tunnel address ${address}`,
      hint: 'the tunnel was not there when the overlay was made: apply the overlay again',
    };
  }
  if (linkWithAddress(evidence, address) !== undefined) return undefined;
  return {
    cause: `no interface of this host has the tunnel address ${address}`,
    hint: 'see what the check of WireGuard says of it',
  };
}

/** What is wrong with one neighbour, on a host whose own side is in order. */
export function neighborFault(
  evidence: Evidence,
  wish: NeighborWish,
  session: SessionState,
): Fault | undefined {
  const neighbor = evidence.routing?.neighbors.find(({ address }) => same(address, wish.address));
  if (neighbor === undefined) {
    return {
      cause: `bgpd of this host has no neighbour ${wish.address} (${wish.name})`,
      hint: 'add it by the task frr; `vtysh -c "show bgp summary"` lists those that it has',
    };
  }
  if (neighbor.remoteAs !== wish.asn && neighbor.remoteAs !== 0) {
    return {
      cause: `BGP ASN differs: this host takes ${wish.name} for AS ${neighbor.remoteAs}, which is AS ${wish.asn}`,
      hint: `set \`neighbor ${wish.address} remote-as ${wish.asn}\` by the task frr`,
    };
  }
  if (neighbor.state !== 'Established') return notEstablished(wish, neighbor, session);
  const routes = wish.evpn ? noRoutes(evidence, wish, neighbor) : undefined;
  return routes ?? bfdFault(evidence, wish, neighbor);
}

/** What is found now comes before what bgpd remembers of an earlier attempt. */
function notEstablished(wish: NeighborWish, neighbor: BgpNeighbor, session: SessionState): Fault {
  const { name } = wish;
  const { peerAs, tcp } = session;
  const state = `BGP with ${name} is ${neighbor.state}`;
  if (tcp === 'refused') {
    return {
      elsewhere: true,
      cause: `${state}: ${name} refuses TCP 179, so no bgpd listens there`,
      hint: `look at FRR on ${name}: systemctl status frr`,
    };
  }
  if (tcp === 'timeout') {
    return {
      elsewhere: true,
      cause: `${state}: nothing comes back from TCP 179 of ${name}: closed there?`,
      hint: `see what ${name} says of its side; where the tunnel itself is not in order, mend that first`,
    };
  }
  if (tcp === 'unreachable') {
    return {
      cause: `${state}: there is no way to ${wish.address}`,
      hint: 'see what the check of WireGuard says',
    };
  }
  if (peerAs !== undefined && peerAs !== neighbor.remoteAs) {
    return {
      elsewhere: true,
      cause: `BGP ASN differs: ${name} says that it is AS ${peerAs}, where this host expects ${neighbor.remoteAs}`,
      hint: `set the same AS in the configuration of both: \`router bgp\` on ${name}, or \`remote-as\` here`,
    };
  }
  if (/Bad Peer AS/.test(neighbor.lastError)) {
    return {
      elsewhere: true,
      cause: `BGP ASN differs: ${name} refuses AS ${neighbor.localAs} of this host (${neighbor.lastError})`,
      hint: `see which \`remote-as\` ${name} has for this host, and which \`router bgp\``,
    };
  }
  return {
    elsewhere: true,
    cause: `${state}${neighbor.lastError === '' ? '' : `; it last ended with: ${neighbor.lastError}`}`,
    hint: `see what ${name} says of its side, and: vtysh -c "show bgp neighbors ${wish.address}"`,
  };
}

function noRoutes(evidence: Evidence, wish: NeighborWish, neighbor: BgpNeighbor): Fault | undefined {
  const { name } = wish;
  if (!neighbor.evpn) {
    return {
      cause: `BGP is up with ${name}, but EVPN is not spoken: the address family is not activated on one of the two`,
      hint: `\`neighbor ${wish.address} activate\` under \`address-family l2vpn evpn\`, on both sides`,
    };
  }
  const routes = (evidence.routing?.routes ?? []).filter(({ from }) => same(from, wish.address));
  const missing = wish.routes.filter((type) => !routes.some((route) => route.type === type));
  if (missing.length > 0) return missingTypes(evidence, name, routes, missing);
  const imported = new Set((evidence.routing?.vnis ?? []).flatMap(({ imports }) => imports));
  const foreign = wish.routes.flatMap((type) => {
    const own = routes.filter((route) => route.type === type);
    return own.some(({ targets }) => targets.some((target) => imported.has(target))) ? [] : own.slice(0, 1);
  })[0];
  if (foreign === undefined || imported.size === 0) return undefined;
  return {
    elsewhere: true,
    cause: `BGP is up with ${name}, but its type-${foreign.type} routes are not imported: route target ${foreign.targets.join(', ')} there, ${[...imported].sort().join(', ')} here`,
    hint: 'VNI and AS must be the same on both sides, as the route target is made of them',
  };
}

/** Type 3 comes with each VNI, type 2 with each MAC, type 5 with each network of a VRF. */
const ORIGIN: Readonly<Record<number, string>> = {
  2: 'no MAC or address has been seen there yet, or it has no such VNI',
  3: 'it has no VNI of VXLAN that bgpd knows (advertise-all-vni, and a bridge over each VXLAN)',
  5: 'its VRF has no layer-3 VNI, or does not announce its networks (advertise ipv4 unicast)',
};

function missingTypes(
  evidence: Evidence,
  name: string,
  routes: readonly EvpnRoute[],
  missing: readonly number[],
): Fault {
  const own = (evidence.routing?.vnis ?? []).map(({ vni }) => vni).sort((a, b) => a - b);
  const here = own.length === 0 ? 'none' : own.join(', ');
  const what = missing.map((type) => `type-${type}`).join(' and ');
  return {
    elsewhere: true,
    cause: `BGP is up with ${name} but no ${what} routes came from it${routes.length === 0 ? ' (none at all)' : ''}: ${ORIGIN[missing[0] ?? 3] ?? 'it announces none'}`,
    hint: `on ${name}: vtysh -c "show evpn vni"; the VNIs of this host are: ${here}`,
  };
}

function same(a: string, b: string): boolean {
  return asWritten(a) === asWritten(b);
}
