/** Who is whose peer: everybody everybody's, or spokes their hubs' alone. */
import { formatCidr, type IpCidr } from './ip-address.ts';
import type { WireguardMember } from './wireguard-member.ts';

export interface Topology {
  readonly kind: 'mesh' | 'hub';
  /** Names of hosts. */
  readonly hubs: readonly string[];
}

export function connected(a: string, b: string, { kind, hubs }: Topology): boolean {
  return a !== b && (kind === 'mesh' || hubs.includes(a) || hubs.includes(b));
}

/**
 * What `own` sends to `peer`, sorted: what is the peer's; and from a spoke to the first hub also what the other
 * spokes have, which it passes on.
 */
export function allowedIps(
  own: string,
  peer: WireguardMember,
  members: readonly WireguardMember[],
  topology: Topology,
): readonly string[] {
  const first = topology.hubs.find((hub) => members.some(({ name }) => name === hub));
  const throughIt = topology.kind === 'hub' && peer.name === first && !topology.hubs.includes(own);
  const spokes = throughIt ? members.filter(({ name }) => name !== own && !topology.hubs.includes(name)) : [];
  const all: readonly IpCidr[] = [peer, ...spokes].flatMap((member) => member.allowedIps);
  return [...new Set(all.map(formatCidr))].sort();
}
