/** By which interface the kernel sends to an address, and whether that is where it should go. */

import { contains, parseAddress, parseCidr, sameAddress } from '../../base/ip-address.ts';
import type { Fault } from './diagnosis.ts';
import type { Evidence, EvpnRoute, NetworkPath, NetworkRoute } from './network-state.ts';

/** Without a list of interfaces nothing can be said of any: there is always one, lo. */
export function blindFault({ links }: Evidence): Fault | undefined {
  if (Object.keys(links).length > 0) return undefined;
  return {
    cause: 'the interfaces and routes of this host cannot be looked at: it has no `ip` that prints JSON',
    hint: 'install it in an earlier step: { task: package, with: { names: [iproute2] } }',
  };
}

/** Whether an interface leads into VXLAN: it is one, or a bridge with one as a port. */
export function isOverlay(evidence: Evidence, link: string): boolean {
  if (evidence.links[link]?.type === 'vxlan') return true;
  return Object.values(evidence.links).some(({ type, master }) => type === 'vxlan' && master === link);
}

/** Whether packets to this address go by VXLAN now. */
export function takesOverlay(evidence: Evidence, path: NetworkPath | undefined): boolean {
  return path?.taken !== undefined && isOverlay(evidence, path.taken.dev);
}

/**
 * A route that leads away from the overlay where that, or BGP, has a route to the address of its own. Nothing is
 * said of an address for which there is no such route, unless `must` says that it has to go by the overlay: then a
 * route of another table counts, too, as by it what the host itself sends goes another way.
 */
export function hijackFault(
  evidence: Evidence,
  to: string,
  path: NetworkPath,
  must = false,
): Fault | undefined {
  const { taken, candidates } = path;
  const overlay = candidates.filter(
    (route) => prefixOf(route) > 0 && (isOverlay(evidence, route.dev) || BGP.has(route.protocol)),
  );
  const learnt = evpnRoute(evidence, to);
  const best = Math.max(0, ...overlay.map(prefixOf), learnt === undefined ? 0 : prefixLength(learnt.to));
  const instead = overlay[0]?.dev ?? 'VXLAN';
  if (taken !== undefined && (isOverlay(evidence, taken.dev) || taken.type === 'local')) {
    const beside = must && best > 0 ? candidates.find((route) => strays(evidence, route, best)) : undefined;
    return beside && hijacked(to, beside, `${instead}, wherever table ${beside.table} is asked`);
  }
  if (best === 0) return must ? notByOverlay(to, path) : undefined;
  const wall = taken === undefined && candidates.find((route) => blocks(route) && prefixOf(route) >= best);
  if (wall) return hijacked(to, wall, instead);
  if (taken === undefined || prefixOf(taken) < best) return missing(to, path, learnt);
  // The kernel made it for an address of this host: the network is one's own, whoever else announces it.
  if (taken.protocol === 'kernel') return must ? notByOverlay(to, path) : undefined;
  return hijacked(to, taken, instead);
}

/** As specific as the overlay's own, and made neither by the kernel nor by a routing daemon for it. */
function strays(evidence: Evidence, route: NetworkRoute, best: number): boolean {
  if (route.type !== 'unicast' || isOverlay(evidence, route.dev)) return false;
  return prefixOf(route) >= best && route.protocol !== 'kernel' && !BGP.has(route.protocol);
}

/** Of a route that lets nothing through the kernel shows an error in place of the route that it takes. */
function blocks({ type, protocol }: NetworkRoute): boolean {
  return ['blackhole', 'unreachable', 'prohibit'].includes(type) && !BGP.has(protocol);
}

function hijacked(to: string, route: NetworkRoute, instead: string): Fault {
  return {
    cause: `a ${route.protocol === 'boot' ? 'static' : route.protocol} route hijacks the overlay: ${routeWords(route)} takes what is meant for ${to} away from ${instead}`,
    hint: `take it away: ip route del ${removal(route)}; and look for what sets it (a network file, a post-up line, AllowedIPs of WireGuard)`,
  };
}

function missing(to: string, { taken }: NetworkPath, learnt: EvpnRoute | undefined): Fault {
  const why =
    learnt === undefined
      ? 'there is one, but the kernel does not take it'
      : `BGP has ${learnt.to} from ${learnt.from}, the kernel's table does not`;
  const instead = taken === undefined ? '' : `; packets leave by ${taken.dev}`;
  return {
    cause: `the route to ${to} over the overlay is missing: ${why}${instead}`,
    hint: 'look at `vtysh -c "show ip route vrf all"` and at the VRF, its VNI and its route target',
  };
}

function notByOverlay(to: string, { taken, error }: NetworkPath): Fault {
  return {
    cause:
      taken === undefined
        ? `there is no route to ${to}${error === undefined ? '' : `: ${error}`}`
        : `${to} is not reached by the overlay: packets to it leave by ${routeWords(taken)}, and no route over VXLAN is known`,
    hint: 'look whether BGP brings a route for it: vtysh -c "show bgp l2vpn evpn"',
  };
}

/** A route as `ip route` writes it, and who made it: `10.2.1.0/24 dev eth0 (proto static)`. */
export function routeWords(route: NetworkRoute): string {
  const table = route.table === 'main' ? '' : ` table ${route.table}`;
  const made = route.protocol === 'boot' ? 'set by hand or by a script' : `proto ${route.protocol}`;
  return `${plainRoute(route)}${table} (${made})`;
}

function removal(route: NetworkRoute): string {
  return `${plainRoute(route)}${route.table === 'main' ? '' : ` table ${route.table}`}`;
}

function plainRoute({ to, via, dev, type }: NetworkRoute): string {
  const words = [type === 'unicast' ? to : `${type} ${to}`, via && `via ${via}`, dev && `dev ${dev}`];
  return words.filter((word) => word !== '').join(' ');
}

/** Its number, where FRR has not told `ip` of its name. */
const BGP: ReadonlySet<string> = new Set(['bgp', '186']);

/** The most specific route that EVPN brought for an address; those of a tunnel's own address are not meant. */
function evpnRoute(evidence: Evidence, to: string): EvpnRoute | undefined {
  const address = parseAddress(to);
  if (address === undefined) return undefined;
  return (evidence.routing?.routes ?? [])
    .filter(({ remote, type }) => remote && (type === 2 || type === 5))
    .filter((route) => {
      const nexthop = parseAddress(route.nexthop);
      if (nexthop !== undefined && sameAddress(nexthop, address)) return false;
      const network = parseCidr(route.to);
      return network !== undefined && network.prefix > 0 && contains(network, address);
    })
    .sort((a, b) => prefixLength(b.to) - prefixLength(a.to))[0];
}

function prefixOf(route: NetworkRoute): number {
  return route.to === 'default' ? 0 : prefixLength(route.to);
}

function prefixLength(network: string): number {
  return parseCidr(network)?.prefix ?? 0;
}
