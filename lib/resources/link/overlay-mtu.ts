/** What each layer of a tunnel takes away from the MTU of the one below it, in bytes. Pure. */

/** WireGuard over IPv6, the worst case: 40 (IPv6) + 8 (UDP) + 32 (WireGuard). */
export const WIREGUARD_OVERHEAD = 80;

/** VXLAN over IPv4: 20 (IPv4) + 8 (UDP) + 8 (VXLAN) + 14 (the inner Ethernet header). */
export const VXLAN_OVERHEAD = 50;

/** VXLAN over IPv6. */
export const VXLAN_OVERHEAD_IPV6 = 70;

/** The MTU of an Ethernet NIC that nobody has changed. */
export const ETHERNET_MTU = 1500;

/** The least that IPv4 hosts must be able to take whole, and the least that IPv6 allows on a link. */
export const LEAST_MTU = 576;
export const LEAST_MTU_IPV6 = 1280;

/** MTU of a WireGuard interface over a network of this MTU: 1500 → 1420. */
export function wireguardMtu(underlay: number): number {
  return underlay - WIREGUARD_OVERHEAD;
}

/** MTU of a VXLAN interface, and of what is bridged to it, over a tunnel of this MTU: 1420 → 1370. */
export function vxlanMtu(tunnel: number, ipv6 = false): number {
  return tunnel - (ipv6 ? VXLAN_OVERHEAD_IPV6 : VXLAN_OVERHEAD);
}

export interface LayerMtu {
  /** `WireGuard`, `VXLAN`: for people. */
  readonly layer: string;
  readonly mtu: number;
  /** MTU of the layer below, and what this one takes away from it. */
  readonly below: number;
  readonly overhead: number;
  /** IPv6 is spoken on it. */
  readonly ipv6?: boolean;
}

/** Why a layer cannot have this MTU, and what to do; undefined when it can. */
export function mtuFault(wish: LayerMtu): { readonly message: string; readonly hint: string } | undefined {
  const most = wish.below - wish.overhead;
  const least = wish.ipv6 ? LEAST_MTU_IPV6 : LEAST_MTU;
  if (wish.mtu > most) {
    return {
      message: `an MTU of ${wish.mtu} is too large: ${wish.layer} takes ${wish.overhead} bytes of the ${wish.below} below it, so ${most} is the most`,
      hint: `leave \`mtu\` out (it is then ${most}), or say the MTU of the network below`,
    };
  }
  if (wish.mtu < least) {
    return {
      message: `an MTU of ${wish.mtu} is too small: ${wish.ipv6 ? 'IPv6' : 'IPv4'} needs ${least} at least`,
      hint: `choose one from ${least} to ${most}`,
    };
  }
  return undefined;
}

/** The MTU that parameters of the task `wireguard` mean. */
export function tunnelMtu(params: { readonly mtu?: unknown; readonly underlay_mtu?: unknown }): number {
  const below = params.underlay_mtu ?? ETHERNET_MTU;
  return params.mtu === undefined ? wireguardMtu(Number(below)) : Number(params.mtu);
}
