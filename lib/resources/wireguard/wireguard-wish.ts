/** What is wished of a WireGuard interface: the same for its file and for what runs. */
import type { Secret } from '../../base/secret.ts';
import { Unknown } from '../../base/unknown.ts';

export interface WireguardPeerWish {
  /** For people: a host's name, or that of a peer outside the inventory. */
  readonly name: string;
  readonly publicKey: string | Unknown;
  /** `name:port`, `192.0.2.1:51820`, `[2001:db8::1]:51820`; undefined: it calls us. */
  readonly endpoint: string | undefined;
  /** Networks with their prefix length, sorted. */
  readonly allowedIps: readonly string[];
  /** Seconds; 0: none is sent. */
  readonly keepalive: number;
  readonly presharedKey: Secret | undefined;
}

export interface WireguardHooks {
  readonly preUp: readonly string[];
  readonly postUp: readonly string[];
  readonly preDown: readonly string[];
  readonly postDown: readonly string[];
}

export interface WireguardWish {
  readonly interface: string;
  /** With prefix length, in the order of their wishes. */
  readonly addresses: readonly string[];
  readonly listenPort: number;
  /** File of the private key on the host. */
  readonly keyPath: string;
  readonly mtu: number;
  /** As wg-quick has it: `auto`, `off`, or the number of a routing table. */
  readonly table: string;
  /** 0: none. */
  readonly fwmark: number;
  readonly dns: readonly string[];
  readonly hooks: WireguardHooks;
  readonly peers: readonly WireguardPeerWish[];
}

/** The first public key that nobody knows yet. */
export function unknownPeer(wish: WireguardWish): Unknown | undefined {
  return wish.peers.map((peer) => peer.publicKey).find((key) => key instanceof Unknown);
}

/** Whether commands of the user's run when the interface comes up: they may add addresses and routes of their own. */
export function hasHooks(wish: WireguardWish): boolean {
  return wish.hooks.preUp.length + wish.hooks.postUp.length > 0;
}

/** Whether all traffic goes to a peer: wg-quick then makes a table, a mark and policy rules of its own choice. */
export function hasDefaultRoute(wish: WireguardWish): boolean {
  return wish.table === 'auto' && wish.peers.some(({ allowedIps }) => allowedIps.some(isDefault));
}

export function isDefault(network: string): boolean {
  return network.endsWith('/0');
}
