/** Who is whose peer: everybody everybody's, or spokes their hubs' alone. */
import type { WireguardMember } from './wireguard-member.ts';
import { plainNetworks, type WireguardNetwork } from './wireguard-network.ts';

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
  network: WireguardNetwork,
  { kind, hubs }: Topology,
): readonly string[] {
  const first = hubs.find((hub) => network.position.has(hub));
  const throughIt = kind === 'hub' && peer.name === first && !hubs.includes(own);
  if (!throughIt) return network.lines.get(peer.name)?.allowedIps ?? [];
  const spokes = network.members.filter(({ name }) => name !== own && !hubs.includes(name));
  return plainNetworks([peer, ...spokes].flatMap((member) => member.allowedIps));
}
