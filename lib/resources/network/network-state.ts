/** What a look at a host's network gives: the evidence that a diagnosis needs. */
import type { State } from '../../model/kind.ts';
import type { NftRuleset } from '../nft/nft-ruleset.ts';
import type { ProbeState } from './probe-state.ts';

export interface NetworkLink {
  /** `vxlan`, `bridge`, `vrf`, `wireguard`, `tun`, `veth`; empty for a plain NIC. */
  readonly type: string;
  readonly up: boolean;
  /** Bytes. */
  readonly mtu: number;
  /** Bridge or VRF it belongs to; empty without one. */
  readonly master: string;
  /** `10.1.0.1/32`. */
  readonly addresses: readonly string[];
  /** Fields of its type: `id`, `local`, `port` of a VXLAN, `table` of a VRF. */
  readonly settings: Readonly<Record<string, string>>;
}

/** One entry of a routing table. */
export interface NetworkRoute {
  /** `10.2.1.0/24`, `default`. */
  readonly to: string;
  /** Interface; empty for routes without one (blackhole, unreachable). */
  readonly dev: string;
  /** Gateway; empty without one. */
  readonly via: string;
  /** Who made it: `kernel`, `boot`, `static`, `bgp`, `zebra`, or a number. */
  readonly protocol: string;
  /** `main`, a number, or a VRF's name. */
  readonly table: string;
  /** `unicast`, `local`, `blackhole`, `unreachable`. */
  readonly type: string;
  readonly metric: number;
}

/** How the kernel would send to one address. */
export interface NetworkPath {
  /** The entry that it takes; undefined when there is none. */
  readonly taken?: NetworkRoute;
  /** Why there is none. */
  readonly error?: string;
  /** All entries of all tables that contain the address. */
  readonly candidates: readonly NetworkRoute[];
  /** From a network namespace behind this host: how this host passes it on. */
  readonly onward?: NetworkPath;
}

export interface WireguardPeer {
  readonly publicKey: string;
  /** `198.51.100.2:51820`; empty when it has not been heard of. */
  readonly endpoint: string;
  readonly allowed: readonly string[];
  /** Age of the latest handshake in seconds by the host's own clock; undefined when there was none. */
  readonly handshake?: number;
  /** Bytes that came and went while the probes ran. */
  readonly received: number;
  readonly sent: number;
}

export interface WireguardDevice {
  readonly name: string;
  readonly publicKey: string;
  /** 0 when it is down or has none. */
  readonly port: number;
  readonly peers: readonly WireguardPeer[];
}

export interface BgpNeighbor {
  readonly address: string;
  /** `Established`, `Active`, `Idle`, `Connect`. */
  readonly state: string;
  readonly localAs: number;
  readonly remoteAs: number;
  /** Address of our end of the session; empty while there is none. */
  readonly source: string;
  /** Seconds for which it has been up; 0 while it is not. */
  readonly upFor: number;
  /** Why the last session ended, or the last attempt failed; empty when nothing is known. */
  readonly lastError: string;
  /** EVPN is spoken on it (the address family is negotiated). */
  readonly evpn: boolean;
  /** EVPN routes taken from it. */
  readonly accepted: number;
  /** State of its BFD session; empty without one. */
  readonly bfd: string;
  /** Whether it is a session of BFD to a neighbour further away, which has a port of its own. */
  readonly farBfd: boolean;
}

export interface EvpnRoute {
  readonly type: number;
  /** Of type 2; empty for the others. */
  readonly mac: string;
  /** Address or prefix it is about: `10.2.1.11`, `10.2.1.0/24`; empty for a MAC alone. */
  readonly to: string;
  readonly nexthop: string;
  /** `65000:100000`. */
  readonly targets: readonly string[];
  /** Came from a neighbour, is not our own. */
  readonly remote: boolean;
  /** Address of the neighbour it came from; empty for our own. */
  readonly from: string;
}

export interface EvpnVni {
  readonly vni: number;
  readonly type: 'L2' | 'L3';
  readonly vxlan: string;
  readonly imports: readonly string[];
}

export interface Routing {
  /** False when vtysh is there and bgpd does not answer. */
  readonly running: boolean;
  readonly asn: number;
  readonly routerId: string;
  readonly neighbors: readonly BgpNeighbor[];
  readonly routes: readonly EvpnRoute[];
  readonly vnis: readonly EvpnVni[];
}

/** A connection that has begun and is not complete, as connection tracking of this host knows it. */
export interface NetworkFlow {
  /** `SYN_SENT`, `SYN_RECV`. */
  readonly state: string;
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

export interface Evidence extends State {
  readonly kind: 'evidence';
  readonly exists: true;
  /** Programs that are there: `ip`, `wg`, `nft`, `vtysh`, `ping`, `nc`, `curl`, `wget`. */
  readonly tools: readonly string[];
  /** `ip_forward`, `wg0.rp_filter`, `all.forwarding`. */
  readonly sysctls: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, NetworkLink>>;
  /** By {@link targetName}. */
  readonly paths: Readonly<Record<string, NetworkPath>>;
  readonly wireguard: readonly WireguardDevice[];
  /** Packets that came and went through each interface while the probes ran. */
  readonly traffic: Readonly<Record<string, { readonly received: number; readonly sent: number }>>;
  /** Endpoint's address to the NIC by which it is reached. */
  readonly underlay: Readonly<Record<string, string>>;
  /** The packet filter; undefined without nft, or when it was not asked for. */
  readonly ruleset?: NftRuleset;
  /** `udp 51820`, `tcp 179`: ports that something listens on, on any address. */
  readonly listening: readonly string[];
  /** Undefined without FRR. */
  readonly routing?: Routing;
  /** TCP that is half open; undefined where nothing tells of it, or when it was not asked for. */
  readonly flows?: readonly NetworkFlow[];
}

export type NetworkState = Evidence | ProbeState;

export const NO_EVIDENCE: Evidence = {
  kind: 'evidence',
  exists: true,
  tools: [],
  sysctls: {},
  links: {},
  paths: {},
  wireguard: [],
  traffic: {},
  underlay: {},
  listening: [],
};
