/** Shell text that changes a running WireGuard interface in place; secrets go in through files and pipes alone. */
import { join, quoteSecret, type Sh, sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import type { InterfaceChange } from './wireguard-interface.ts';
import type { PeerChange } from './wireguard-peer-change.ts';
import type { WireguardWish } from './wireguard-wish.ts';

/** What waits for a public key is only foreseen, never run: its text fails. */
export function setInterface(wish: WireguardWish, own: InterfaceChange, peers: readonly PeerChange[]): Sh {
  const words: (string | Sh)[] = [];
  if (own.publicKey !== undefined) words.push('private-key', wish.keyPath);
  if (own.listenPort !== undefined) words.push('listen-port', String(own.listenPort));
  if (own.fwmark !== undefined) words.push('fwmark', own.fwmark === 0 ? 'off' : String(own.fwmark));
  for (const change of peers) if (change.kind === 'remove') words.push('peer', change.publicKey, 'remove');
  const lines = words.length === 0 ? [] : [sh`wg set ${wish.interface} ${words} || exit 1`];
  return join([...lines, ...peers.flatMap((change) => setPeer(wish.interface, change)), sh`:`]);
}

function setPeer(name: string, change: PeerChange): readonly Sh[] {
  if (change.kind === 'remove') return [];
  if (change.publicKey instanceof Unknown) return [sh`exit 1`];
  const { wish, set } = change;
  const words: string[] = ['peer', change.publicKey];
  const secret = set.presharedKey ? wish.presharedKey : undefined;
  // An empty file takes a preshared key away.
  if (set.presharedKey && (secret || change.kind === 'mend'))
    words.push('preshared-key', secret ? '/dev/stdin' : '/dev/null');
  if (set.endpoint && wish.endpoint !== undefined) words.push('endpoint', wish.endpoint);
  if (set.keepalive)
    words.push('persistent-keepalive', wish.keepalive === 0 ? 'off' : String(wish.keepalive));
  if (set.allowedIps) words.push('allowed-ips', wish.allowedIps.join(','));
  if (!secret) return [sh`wg set ${name} ${words} || exit 1`];
  return [sh`printf '%s\\n' ${quoteSecret(secret.toBytes())} | wg set ${name} ${words} || exit 1`];
}
