/** Whether the MTU of each layer fits into the one below it, from the bottom up. */

import { parseCidr, sameAddress } from '../../base/ip-address.ts';
import { VXLAN_OVERHEAD, VXLAN_OVERHEAD_IPV6, WIREGUARD_OVERHEAD } from '../link/overlay-mtu.ts';
import type { Fault } from './diagnosis.ts';
import type { Evidence } from './network-state.ts';

/** WireGuard over IPv4 needs less than the worst case: 20 + 8 + 32. */
const WIREGUARD_OVER_IPV4 = 60;

/**
 * WireGuard's own packets are fragmented where they are too large, so no ping shows this one: it is reckoned, for the
 * NIC by which each peer's endpoint is reached.
 */
export function wireguardMtuFault(evidence: Evidence, device: string): Fault | undefined {
  const mtu = evidence.links[device]?.mtu ?? 0;
  const endpoints = evidence.wireguard.find(({ name }) => name === device)?.peers ?? [];
  for (const { endpoint } of endpoints) {
    const nic = evidence.underlay[hostOfEndpoint(endpoint)];
    const below = nic === undefined ? undefined : evidence.links[nic]?.mtu;
    if (nic === undefined || below === undefined) continue;
    const least = endpoint.startsWith('[') ? WIREGUARD_OVERHEAD : WIREGUARD_OVER_IPV4;
    if (mtu > below - least) return tooLarge(device, mtu, nic, below, WIREGUARD_OVERHEAD, 'WireGuard');
  }
  return undefined;
}

/** `198.51.100.2:51820`, `[2001:db8::2]:51820` without the port. */
export function hostOfEndpoint(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

/** VXLAN interfaces over what holds their local address, and bridges over their VXLAN ports. */
export function vxlanMtuFault(evidence: Evidence): Fault | undefined {
  for (const [name, link] of Object.entries(evidence.links)) {
    if (link.type !== 'vxlan') continue;
    const carrier = linkWithAddress(evidence, link.settings.local ?? '');
    const below = carrier === undefined ? undefined : evidence.links[carrier]?.mtu;
    const overhead = link.settings.local?.includes(':') ? VXLAN_OVERHEAD_IPV6 : VXLAN_OVERHEAD;
    if (carrier !== undefined && below !== undefined && link.mtu > below - overhead)
      return tooLarge(name, link.mtu, carrier, below, overhead, 'VXLAN');
    const bridge = evidence.links[link.master];
    if (bridge !== undefined && bridge.mtu > link.mtu)
      return tooLarge(link.master, bridge.mtu, name, link.mtu, 0, 'bridge');
  }
  return undefined;
}

/** The interface that has this address. */
export function linkWithAddress(evidence: Evidence, address: string): string | undefined {
  const wanted = parseCidr(address);
  if (wanted === undefined) return undefined;
  return Object.entries(evidence.links).find(([, link]) =>
    link.addresses.some((each) => {
      const own = parseCidr(each);
      return own !== undefined && sameAddress(own, wanted);
    }),
  )?.[0];
}

function tooLarge(
  link: string,
  mtu: number,
  carrier: string,
  below: number,
  overhead: number,
  layer: string,
): Fault {
  const fits = below - overhead;
  const sum = overhead === 0 ? `${below} of ${carrier}` : `${below} of ${carrier} − ${overhead} for ${layer}`;
  return {
    cause: `MTU too large: ${link} has ${mtu} where ${fits} fits (${sum})`,
    hint: `set the MTU of ${link} to ${fits}, or raise that of ${carrier}`,
  };
}
