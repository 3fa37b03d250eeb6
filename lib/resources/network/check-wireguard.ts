/** The check of a WireGuard tunnel: the interface, then each peer with a ping through it. */
import type { AnyResource } from '../../model/resource.ts';
import { checkHost, checkProbe } from './check-network.ts';
import { age, deviceOf, peerFault, peerOf, type TunnelWish, tunnelFault } from './diagnosis-wireguard.ts';

export interface WireguardCheck extends TunnelWish {
  readonly peers: readonly { readonly name: string; readonly address: string }[];
  /** Seconds. */
  readonly maxAge: number;
  readonly wait: number;
}

export function checkWireguard(wish: WireguardCheck): readonly AnyResource[] {
  const { device } = wish;
  const needs = { targets: wish.peers.map(({ address }) => ({ to: address })), parts: ['rules'] } as const;
  const host = checkHost({
    title: device,
    needs,
    judge: (evidence) => tunnelFault(evidence, wish),
    seen: (evidence) => {
      const found = deviceOf(evidence, device);
      const mtu = evidence.links[device]?.mtu ?? 0;
      return `${device} ${wish.address}, UDP ${found?.port ?? 0}, MTU ${mtu}, ${count(found?.peers.length ?? 0)}`;
    },
  });
  const peers = wish.peers.map(({ name, address }) =>
    checkProbe({
      title: `${device} → ${name}`,
      probe: { kind: 'ping', to: address, from: device, dontFragment: false, count: 2, wait: wish.wait },
      needs,
      // Where the interface itself is at fault, that is the cause, and nothing can be said of its peers.
      judge: (ping, evidence) =>
        tunnelFault(evidence, wish) === undefined
          ? peerFault(evidence, { device, name, address, maxAge: wish.maxAge }, ping)
          : undefined,
      seen: (ping, evidence) => {
        const peer = peerOf(deviceOf(evidence, device), address);
        if (tunnelFault(evidence, wish) !== undefined || peer?.handshake === undefined) return undefined;
        return `handshake with ${name} ${age(peer.handshake)} ago, ${milliseconds(ping.ms)}`;
      },
    }),
  );
  return [host, ...peers];
}

function count(peers: number): string {
  return `${peers} ${peers === 1 ? 'peer' : 'peers'}`;
}

/** `3.1 ms`, `0.4 ms`, `120 ms`. */
export function milliseconds(ms: number): string {
  return `${ms >= 100 ? Math.round(ms) : Math.round(ms * 10) / 10} ms`;
}
