/** The state of a network interface, as the kernel has it. */
import { type Key, keyId } from '../../model/key.ts';
import type { State } from '../../model/kind.ts';

export interface LinkState extends State {
  /** `vxlan`, `bridge`, `vrf`, `wireguard`, `tun`, `veth`, `vlan`; empty for a plain NIC. */
  readonly type: string;
  /** Switched on (IFF_UP), whether or not there is a carrier. */
  readonly up: boolean;
  /** Bytes. */
  readonly mtu: number;
  /** Lower case, `02:00:00:00:00:01`; empty where the link has none. */
  readonly mac: string;
  /** Bridge or VRF it belongs to; empty without one. */
  readonly master: string;
  /** `10.1.0.1/16`, sorted; link-local IPv6 addresses that the kernel made itself are left out. */
  readonly addresses: readonly string[];
  /**
   * Routes through it that neither the kernel nor a routing daemon made, sorted: destination, then what differs from a
   * plain route in the main table: `10.2.0.0/16`, `default via 192.0.2.1 table 99 metric 20`.
   */
  readonly routes: readonly string[];
  /** What its type has beyond that, as `ip -d link` names it (`id`, `local`, `port`, `learning`, `table`, `stp_state`). */
  readonly settings: Readonly<Record<string, string>>;
}

export const NO_LINK: LinkState = {
  exists: false,
  type: '',
  up: false,
  mtu: 0,
  mac: '',
  master: '',
  addresses: [],
  routes: [],
  settings: {},
};

export function linkKey(name: string): Key {
  return `link:${name}`;
}

export function linkName(key: Key): string {
  return keyId(key);
}
