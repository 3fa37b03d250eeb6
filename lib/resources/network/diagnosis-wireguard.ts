/** Why a WireGuard tunnel does not carry packets: the interface first, then each peer. */

import { contains, parseAddress, parseCidr } from '../../base/ip-address.ts';
import { type Fault, firstFault } from './diagnosis.ts';
import { hostOfEndpoint, linkWithAddress, wireguardMtuFault } from './diagnosis-mtu.ts';
import { blindFault, routeWords } from './diagnosis-path.ts';
import { closedPort } from './diagnosis-port.ts';
import { effectiveRpFilter, rpFilterFault, STRICT } from './diagnosis-sysctl.ts';
import type { Evidence, WireguardDevice, WireguardPeer } from './network-state.ts';
import type { PingState } from './probe-state.ts';

export interface TunnelWish {
  readonly device: string;
  /** Own address in the tunnel, without prefix length. */
  readonly address: string;
  /** Peers come to this host's port of their own accord. */
  readonly open: boolean;
}

export interface PeerWish {
  readonly device: string;
  /** Name of the peer's host. */
  readonly name: string;
  /** Its address in the tunnel. */
  readonly address: string;
  /** Age in seconds beyond which a handshake is too old. */
  readonly maxAge: number;
}

/** What is wrong with the interface itself, whoever the peer. */
export function tunnelFault(evidence: Evidence, wish: TunnelWish): Fault | undefined {
  const { device, address } = wish;
  const again = `run the runbook that sets it up, or look at: systemctl status wg-quick@${device}`;
  if (!evidence.tools.includes('wg'))
    return { cause: 'WireGuard is not installed on this host', hint: 'install wireguard-tools' };
  const blind = blindFault(evidence);
  if (blind !== undefined) return blind;
  const link = evidence.links[device];
  const found = deviceOf(evidence, device);
  if (link === undefined)
    return { cause: `WireGuard is down: the interface ${device} is not there`, hint: again };
  if (found === undefined)
    return { cause: `${device} is no WireGuard interface that \`wg\` can ask`, hint: again };
  if (!link.up) return { cause: `${device} is down`, hint: again };
  const holder = linkWithAddress(evidence, address);
  if (holder !== device) {
    return {
      cause: `${device} does not have the tunnel address ${address}${holder === undefined ? '' : ` (${holder} has it)`}`,
      hint: again,
    };
  }
  return firstFault(
    () => (wish.open ? closedPort(evidence, { protocol: 'udp', port: found.port }) : undefined),
    () => wireguardMtuFault(evidence, device),
  );
}

/** What is wrong with one peer, on an interface that is in order. */
export function peerFault(evidence: Evidence, wish: PeerWish, ping: PingState): Fault | undefined {
  const peer = peerOf(deviceOf(evidence, wish.device), wish.address);
  if (peer === undefined) {
    return {
      cause: `WireGuard peer missing: the running ${wish.device} has no peer with ${wish.address} (${wish.name}) in its allowed IPs`,
      hint: `run the runbook that sets ${wish.device} up; \`wg show ${wish.device}\` lists the peers that it has`,
    };
  }
  return firstFault(
    () => leftTunnel(evidence, wish),
    () => (ping.rc === 0 ? undefined : silent(evidence, wish, peer, ping)),
    () => tooOld(wish, peer),
  );
}

export function deviceOf(evidence: Evidence, device: string): WireguardDevice | undefined {
  return evidence.wireguard.find(({ name }) => name === device);
}

/** The peer to which an address belongs: the one with the most specific allowed IPs. */
export function peerOf(device: WireguardDevice | undefined, address: string): WireguardPeer | undefined {
  const wanted = parseAddress(address);
  if (wanted === undefined) return undefined;
  const fits = (device?.peers ?? []).flatMap((peer) =>
    peer.allowed.flatMap((each) => {
      const network = parseCidr(each);
      return network !== undefined && contains(network, wanted) ? [{ peer, prefix: network.prefix }] : [];
    }),
  );
  return fits.sort((a, b) => b.prefix - a.prefix)[0]?.peer;
}

function leftTunnel(evidence: Evidence, { device, address, name }: PeerWish): Fault | undefined {
  const path = evidence.paths[address];
  if (path === undefined || path.taken?.dev === device) return undefined;
  if (path.taken === undefined) {
    return {
      cause: `there is no route to the tunnel address ${address} of ${name}${path.error === undefined ? '' : `: ${path.error}`}`,
      hint: `add one: ip route add ${address} dev ${device}; the task wireguard does it`,
    };
  }
  return {
    cause: `packets to the tunnel address ${address} of ${name} do not enter ${device}: the route ${routeWords(path.taken)} takes them`,
    hint: `a route for ${address} by ${device} must be the more specific one; the task wireguard sets it`,
  };
}

/** The ping through the tunnel had no answer: what was counted meanwhile tells where it got lost. */
function silent(evidence: Evidence, wish: PeerWish, peer: WireguardPeer, ping: PingState): Fault {
  const { name, device } = wish;
  if (ping.rc === 127) return NO_PING;
  if (ping.rc > 1) return { cause: `ping through ${device} cannot start: ${ping.error}`, hint: AGAIN };
  const counted = `${peer.sent} bytes sent to it, ${peer.received} received while it was asked`;
  if (peer.endpoint === '') {
    return {
      cause: `handshake never seen with ${name}: no endpoint is known for it, so this host waits to be called`,
      hint: `see what ${name} says of its side; one of the two needs an endpoint that the other can reach`,
    };
  }
  const there = hostOfEndpoint(peer.endpoint);
  const port = peer.endpoint.slice(peer.endpoint.lastIndexOf(':') + 1);
  if (peer.received === 0) {
    const seen =
      peer.handshake === undefined ? 'handshake never seen' : `handshake ${age(peer.handshake)} old`;
    return {
      elsewhere: true,
      cause: `${seen}, and nothing comes back from ${name} (${there}): UDP ${port} closed there, or on the way? (${counted})`,
      hint: `see what ${name} says of its side: a rule that drops UDP ${port}, this host missing among its peers, or another key`,
    };
  }
  const strict = effectiveRpFilter(evidence.sysctls, device) === STRICT;
  const filter = strict ? rpFilterFault(evidence.sysctls, device) : undefined;
  if (filter !== undefined) return filter;
  return {
    elsewhere: true,
    cause: `one-way traffic with ${name}: packets come from it by ${device}, but no answer to what this host sends: UDP ${port} closed there? (${counted})`,
    hint: `see what ${name} says of its side: a rule that drops UDP ${port} or ping on ${device}, its route to ${device}, allowed IPs`,
  };
}

function tooOld({ maxAge, name }: PeerWish, { handshake }: WireguardPeer): Fault | undefined {
  if (handshake !== undefined && handshake <= maxAge) return undefined;
  const what = handshake === undefined ? 'handshake never seen' : `handshake ${age(handshake)} old`;
  return {
    elsewhere: true,
    cause: `${what} with ${name}, though at most ${age(maxAge)} is meant`,
    hint: 'look at `wg show`; a clock that was set back makes handshakes look old, too',
  };
}

const AGAIN = 'look at the interface: ip addr show';

export const NO_PING: Fault = {
  cause: 'ping is not on this host, so nothing can be said of the way',
  hint: 'install it in an earlier step: { task: package, with: { names: [iputils-ping] } }',
};

/** `12 s`, `4 min`, `3 h`. */
export function age(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
