/** What is wrong with the hosts of a WireGuard network taken together: asked before anybody connects. Pure. */

import {
  contains,
  formatAddress,
  formatCidr,
  hostOf,
  type IpCidr,
  overlaps,
  sameAddress,
} from '../../base/ip-address.ts';
import type { ParamFault } from '../../model/task.ts';
import type { WireguardMember } from './wireguard-member.ts';
import { isSilent, type WireguardNetwork } from './wireguard-network.ts';
import { connected, type Topology } from './wireguard-topology.ts';

/** Peers outside the inventory, by name. */
export type OutsideNetworks = ReadonlyMap<string, readonly IpCidr[]>;

/**
 * Faults of `own`, one of the members, against those before it (so that each pair is named once) and against peers
 * outside; paths are of `own`'s parameters.
 */
export function networkFaults(
  own: WireguardMember,
  network: WireguardNetwork,
  topology: Topology,
  outside: OutsideNetworks,
): readonly ParamFault[] {
  const at = positionOf(own, network);
  const rivals = [
    ...own.addresses.flatMap(network.addresses.around),
    ...own.allowedIps.flatMap(network.allowedIps.overlapping),
    ...(isSilent(own) ? network.silent : []),
  ];
  const before = inOrder(rivals, network).filter((other) => positionOf(other, network) < at);
  // Packets of the tunnel itself would be sent into the tunnel.
  const inside = own.allowedIps.filter(({ prefix }) => prefix > 0).flatMap(network.endpoints.overlapping);
  return [
    ...before.flatMap((other) => pairFaults(own, other, topology)),
    ...inOrder(inside, network).flatMap((other) => loopFaults(own, other)),
    ...outsideFaults(own, network, outside),
  ];
}

function positionOf({ name }: WireguardMember, { position }: WireguardNetwork): number {
  return position.get(name) ?? -1;
}

/** Each once. */
function inOrder(members: readonly WireguardMember[], network: WireguardNetwork): readonly WireguardMember[] {
  return [...new Set(members)].sort((a, b) => positionOf(a, network) - positionOf(b, network));
}

function pairFaults(own: WireguardMember, other: WireguardMember, topology: Topology): readonly ParamFault[] {
  const faults: ParamFault[] = [];
  const twice = own.addresses.find((a) => other.addresses.some((b) => sameAddress(a, b)));
  if (twice) {
    faults.push({
      path: ['address'],
      message: `${own.name} and ${other.name} have the same tunnel address ${formatAddress(twice)}`,
      hint: 'give each host an address of its own',
    });
  } else {
    faults.push(...overlapFaults(own, other));
  }
  if (isSilent(own) && isSilent(other) && connected(own.name, other.name, topology)) {
    faults.push({
      path: ['endpoint'],
      message: `neither ${other.name} nor ${own.name} has an \`endpoint\`: neither could ever call the other`,
      hint: 'say where one of the two can be reached, or let both talk through a hub (`topology: hub`)',
    });
  }
  return faults;
}

/** A default route takes what nobody else has: it may stand beside others. */
function clash(a: readonly IpCidr[], b: readonly IpCidr[]): readonly [IpCidr, IpCidr] | undefined {
  for (const one of a) {
    const two = b.find((each) => overlaps(one, each) && (one.prefix === 0) === (each.prefix === 0));
    if (two) return [one, two];
  }
  return undefined;
}

function overlapFaults(own: WireguardMember, other: WireguardMember): readonly ParamFault[] {
  const found = clash(own.allowedIps, other.allowedIps);
  if (!found) return [];
  const [mine, theirs] = found.map(formatCidr);
  return [
    {
      path: ['allowed_ips'],
      message: `the allowed IPs of ${own.name} (${mine}) and of ${other.name} (${theirs}) overlap: a packet can go to one of them only`,
      hint: 'give each host networks of its own',
    },
  ];
}

function loopFaults(own: WireguardMember, other: WireguardMember): readonly ParamFault[] {
  const address = other.endpoint?.address;
  const found = address && own.allowedIps.find((each) => each.prefix > 0 && contains(each, address));
  if (!address || !found) return [];
  return [
    {
      path: ['allowed_ips'],
      message: `the allowed IPs of ${own.name} (${formatCidr(found)}) hold ${formatAddress(address)}, the endpoint of ${other.name}: the tunnel would be led into itself`,
      hint: 'leave that network out, or reach the peer at another address',
    },
  ];
}

/**
 * Against all hosts and each other. Of this host itself its addresses alone count: others may be sent by it to the
 * peer, so that its own allowed IPs hold the peer's.
 */
function outsideFaults(
  own: WireguardMember,
  network: WireguardNetwork,
  outside: OutsideNetworks,
): readonly ParamFault[] {
  const peers = [...outside].map(([name, networks]) => ({ name, allowedIps: networks }));
  return peers.flatMap((peer, index) => {
    const inside = inOrder(peer.allowedIps.flatMap(network.allowedIps.overlapping), network).map((other) =>
      other.name === own.name ? { name: own.name, allowedIps: own.addresses.map(hostOf) } : other,
    );
    return [...inside, ...peers.slice(0, index)].flatMap((other) => {
      const found = clash(peer.allowedIps, other.allowedIps);
      if (!found) return [];
      const [theirs, others] = found.map(formatCidr);
      return [
        {
          path: ['external_peers', peer.name, 'allowed_ips'],
          message: `the allowed IPs of ${peer.name} (${theirs}) and of ${other.name} (${others}) overlap: a packet can go to one of them only`,
          hint: 'give each peer networks of its own',
        },
      ];
    });
  });
}
