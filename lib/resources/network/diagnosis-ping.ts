/** Why packets from here to an address do not come back, or not whole. */
import { type Fault, firstFault } from './diagnosis.ts';
import { linkWithAddress, vxlanMtuFault, wireguardMtuFault } from './diagnosis-mtu.ts';
import { blindFault, hijackFault, isOverlay, routeWords } from './diagnosis-path.ts';
import { closedPort } from './diagnosis-port.ts';
import { forwardingFault, rpFilterFault } from './diagnosis-sysctl.ts';
import { NO_PING } from './diagnosis-wireguard.ts';
import type { Evidence, NetworkPath, WireguardDevice } from './network-state.ts';
import type { PingState } from './probe-state.ts';

export interface WayWish {
  /** Address, and the host's name where it has one: `10.2.1.1 (wro)`. */
  readonly to: string;
  readonly title: string;
  /** Name of the path within the evidence. */
  readonly target: string;
  readonly size?: number | undefined;
  readonly through?: 'overlay' | undefined;
  /** It starts in a network namespace, whose routes are not this host's. */
  readonly inside: boolean;
}

/** What is wrong with the way, whether or not a packet has got through by luck or by another way. */
export function wayFault(evidence: Evidence, wish: WayWish): Fault | undefined {
  const path = wayOf(evidence, wish);
  return firstFault(
    () => (wish.inside || byOverlay(evidence, wish) ? forwardingFault(evidence.sysctls) : undefined),
    () => path && hijackFault(evidence, wish.to, path, wish.through === 'overlay'),
    () => (byOverlay(evidence, wish) ? overlayFault(evidence, wish) : undefined),
  );
}

/** This host's own way to the address: from a namespace, the way on, where this host is its gateway. */
function wayOf(evidence: Evidence, { target, inside }: WayWish): NetworkPath | undefined {
  const path = evidence.paths[target];
  return inside ? path?.onward : path;
}

function byOverlay(evidence: Evidence, wish: WayWish): boolean {
  const dev = wayOf(evidence, wish)?.taken?.dev;
  return wish.through === 'overlay' || (dev !== undefined && isOverlay(evidence, dev));
}

/** All that an overlay needs on this host. */
function overlayFault(evidence: Evidence, wish: WayWish): Fault | undefined {
  const dev = wayOf(evidence, wish)?.taken?.dev;
  const tunnels = Object.values(evidence.links).filter(({ type }) => type === 'vxlan');
  const ports = [...new Set(tunnels.map(({ settings }) => Number(settings.port ?? 4789)))];
  return firstFault(
    () => (dev === undefined ? undefined : rpFilterFault(evidence.sysctls, dev)),
    ...ports.map((port) => () => closedVxlan(evidence, port)),
    ...carriers(evidence).map((device) => () => wireguardMtuFault(evidence, device.name)),
    () => vxlanMtuFault(evidence),
  );
}

/** Tunnels that VXLAN runs over: those which have its local address; all, where none has it. */
function carriers(evidence: Evidence): readonly WireguardDevice[] {
  const holders = Object.values(evidence.links)
    .filter(({ type }) => type === 'vxlan')
    .map(({ settings }) => linkWithAddress(evidence, settings.local ?? ''));
  const known = holders.length > 0 && !holders.includes(undefined);
  return evidence.wireguard.filter(({ name }) => !known || holders.includes(name));
}

/** From each WireGuard peer by its interface, as VXLAN comes by the tunnel; without WireGuard, from anywhere. */
function closedVxlan(evidence: Evidence, port: number): Fault | undefined {
  const sources = carriers(evidence).flatMap(({ name, peers }) =>
    peers.flatMap(({ allowed }) =>
      allowed.map((each) => ({ iif: name, saddr: each.replace(/\/(32|128)$/, '') })),
    ),
  );
  const all = sources.length === 0 ? [{}] : sources;
  return firstFault(...all.map((each) => () => closedPort(evidence, { protocol: 'udp', port, ...each })));
}

/** Why ping had no answer, on a way that looks right from here. */
export function pingFault(evidence: Evidence, wish: WayWish, ping: PingState): Fault | undefined {
  if (ping.rc === 0) return undefined;
  if (ping.rc === 127) return NO_PING;
  if (ping.rc > 1 || NO_START.test(ping.error)) return startFault(wish, ping);
  return tooLargeFault(evidence, wish, ping) ?? lostFault(evidence, wish, ping);
}

const NO_OPTION = /invalid option|unrecognized option/;
const NO_START = /invalid option|unrecognized option|network namespace/;

function startFault({ to }: WayWish, { error }: PingState): Fault {
  if (NO_OPTION.test(error)) {
    return {
      cause: 'ping of this host cannot do what is asked of it (it is not that of iputils)',
      hint: 'install it in an earlier step: { task: package, with: { names: [iputils-ping] } }',
    };
  }
  return {
    cause: `ping to ${to} cannot start: ${error === '' ? 'it does not say why' : error}`,
    hint: 'look at `from`, `vrf` and `netns` of the step, and at the routes of this host: ip route show table all',
  };
}

function tooLargeFault(evidence: Evidence, wish: WayWish, ping: PingState): Fault | undefined {
  const size = wish.size ?? 0;
  const mtu = Number(/mtu ?= ?(\d+)/.exec(ping.error)?.[1] ?? 0) || ping.fits;
  if (ping.fits === 0 || ping.fits >= size) return undefined;
  const own = /\(says (.*)\)/.exec(ping.error)?.[1];
  const where = own === undefined ? '' : `, as ${own} says`;
  return {
    cause: `MTU too large: a packet of ${size} bytes does not get to ${wish.title} whole, one of ${Math.max(mtu, ping.fits)} does${where}${layers(evidence)}`,
    hint: 'the MTU of each layer must be that of the one below less its overhead, on every host of the way',
  };
}

/** `; here: eth0 1500 − 80 = wg0 1420 − 50 = vx100 1370`: what each layer has, for people. */
function layers(evidence: Evidence): string {
  const vxlan = Object.entries(evidence.links).find(([, { type }]) => type === 'vxlan');
  const device = carriers(evidence)[0]?.name;
  const nic = Object.values(evidence.underlay)[0];
  const parts = [nic, device, vxlan?.[0], vxlan?.[1].master].flatMap((name) => {
    const mtu = name === undefined ? undefined : evidence.links[name]?.mtu;
    return mtu === undefined ? [] : [`${name} ${mtu}`];
  });
  return parts.length < 2 ? '' : `; here: ${parts.join(', ')}`;
}

function lostFault(evidence: Evidence, wish: WayWish, ping: PingState): Fault {
  const blind = blindFault(evidence);
  if (blind !== undefined) return blind;
  const path = evidence.paths[wish.target];
  if (path !== undefined && path.taken === undefined) {
    return {
      cause: `there is no route to ${wish.title}${path.error === undefined ? '' : `: ${path.error}`}`,
      hint: 'look at the routes of this host: ip route show table all',
    };
  }
  if (byOverlay(evidence, wish)) return lostInOverlay(evidence, wish, ping);
  const way = path?.taken === undefined ? '' : ` by ${routeWords(path.taken)}`;
  const dev = path?.taken?.dev;
  const filter = dev === undefined ? undefined : rpFilterFault(evidence.sysctls, dev);
  if (filter !== undefined && (evidence.traffic[dev ?? '']?.received ?? 0) > 0) return filter;
  return {
    elsewhere: true,
    cause: `no answer from ${wish.title}: packets leave this host${way} and nothing comes back`,
    hint: `see what the other side says: is it up, does it forward (ip_forward), what does its firewall drop, is rp_filter strict there, has it a route back?`,
  };
}

/** What the VXLAN interfaces counted while pings ran. */
function lostInOverlay(evidence: Evidence, wish: WayWish, ping: PingState): Fault {
  const tunnels = Object.entries(evidence.links).filter(([, { type }]) => type === 'vxlan');
  const dev = wayOf(evidence, wish)?.taken?.dev;
  const used = tunnels.filter(([name, { master }]) => name === dev || master === dev);
  const names = (used.length > 0 ? used : tunnels).map(([name]) => name);
  const sum = (way: 'sent' | 'received') =>
    names.reduce((all, name) => all + (evidence.traffic[name]?.[way] ?? 0), 0);
  const [sent, received] = [sum('sent'), sum('received')];
  const counted = `${names.join(', ')} sent ${sent} packets and received ${received} meanwhile`;
  if (sent === 0) {
    return {
      elsewhere: true,
      cause: `no answer from ${wish.title}: its packets do not get as far as VXLAN (${counted})`,
      hint: 'look at the neighbour and forwarding tables: ip neigh, bridge fdb show; EVPN fills both by type-2 and type-3 routes',
    };
  }
  // What comes in may be what the other side asks of its own accord: then at least our pings are missing in it.
  if (received === 0 || received + ping.sent <= sent) {
    return {
      elsewhere: true,
      cause: `one-way traffic: packets to ${wish.title} leave by VXLAN, and no answer comes back by it: UDP 4789 closed there, or its way back another? (${counted})`,
      hint: 'see what the other side says; where its checks of WireGuard and BGP are green, UDP 4789 or its route back is left',
    };
  }
  return {
    elsewhere: true,
    cause: `no answer from ${wish.title}, though VXLAN carries packets both ways (${counted})`,
    hint: 'see what the other side says: forwarding, rp_filter, its firewall, its route back, or the host that was asked',
  };
}
