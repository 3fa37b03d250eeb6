/** What differs between the peers that are wished and those that run. Pure. */
import { sha256 } from '../../base/bytes.ts';
import { fingerprint } from '../../base/fingerprint.ts';
import { Unknown } from '../../base/unknown.ts';
import type { Difference } from '../../model/resource.ts';
import { isNumeric } from './wireguard-endpoint.ts';
import type { WireguardPeer } from './wireguard-kind.ts';
import type { WireguardPeerWish } from './wireguard-wish.ts';

/** What of a peer is to be set. */
export interface PeerParts {
  readonly presharedKey?: true;
  readonly endpoint?: true;
  readonly allowedIps?: true;
  readonly keepalive?: true;
}

export type PeerChange =
  | {
      readonly kind: 'add' | 'mend';
      /** For people. */
      readonly name: string;
      readonly publicKey: string | Unknown;
      readonly wish: WireguardPeerWish;
      readonly set: PeerParts;
      readonly diff: readonly Difference[];
    }
  | {
      readonly kind: 'remove';
      readonly name: string;
      readonly publicKey: string;
      readonly diff: readonly Difference[];
    };

/** Seconds without a handshake after which a session is over: WireGuard's own REJECT_AFTER_TIME. */
const SILENT = 180;

const ALL: PeerParts = { presharedKey: true, endpoint: true, allowedIps: true, keepalive: true };

/** Removals first, so that an allowed IP is free before another peer gets it. */
export function peerChanges(
  wishes: readonly WireguardPeerWish[],
  running: readonly WireguardPeer[],
): readonly PeerChange[] {
  const wanted = new Set(wishes.map(({ publicKey }) => publicKey));
  const waits = wishes.some(({ publicKey }) => publicKey instanceof Unknown);
  // As long as a key is not known, one that runs may be it.
  const foreign = waits ? [] : running.filter(({ publicKey }) => !wanted.has(publicKey));
  return [
    ...foreign.map((peer) => removal(peer, wishes)),
    ...wishes.flatMap((wish) => change(wish, running)),
  ];
}

function removal({ publicKey, allowedIps }: WireguardPeer, wishes: readonly WireguardPeerWish[]): PeerChange {
  const from = allowedIps.join(', ') || 'no allowed IPs';
  const heir = wishes.find((wish) => wish.allowedIps.join() === allowedIps.join());
  return {
    kind: 'remove',
    name: heir ? `${publicKey} (was ${heir.name})` : publicKey,
    publicKey,
    diff: [{ kind: 'field', name: `peer ${publicKey}`, from, to: 'none' }],
  };
}

function change(wish: WireguardPeerWish, running: readonly WireguardPeer[]): readonly PeerChange[] {
  const { name, publicKey } = wish;
  const found = running.find((peer) => peer.publicKey === publicKey);
  if (!found) {
    const diff: Difference[] = [{ kind: 'field', name: `peer ${name}`, from: 'none', to: describe(wish) }];
    return [{ kind: 'add', name, publicKey, wish, set: ALL, diff }];
  }
  const set = parts(wish, found);
  if (Object.keys(set).length === 0) return [];
  return [{ kind: 'mend', name, publicKey, wish, set, diff: differences(wish, found, set) }];
}

function describe({ publicKey, allowedIps, endpoint }: WireguardPeerWish): string {
  const key = publicKey instanceof Unknown ? 'public key known after apply' : publicKey;
  return [key, allowedIps.join(', '), ...(endpoint === undefined ? [] : [`at ${endpoint}`])].join(', ');
}

function parts(wish: WireguardPeerWish, found: WireguardPeer): PeerParts {
  return {
    ...(wantedSecret(wish) === found.presharedKey ? {} : { presharedKey: true as const }),
    ...(endpointDiffers(wish, found) ? { endpoint: true as const } : {}),
    ...(wish.allowedIps.join() === found.allowedIps.join() ? {} : { allowedIps: true as const }),
    ...(wish.keepalive === found.keepalive ? {} : { keepalive: true as const }),
  };
}

function wantedSecret({ presharedKey }: WireguardPeerWish): string {
  return presharedKey === undefined ? '' : sha256(presharedKey.toBytes());
}

/**
 * A peer may move: it is known by where its last packet came from. Only one that has none, or that has been silent at
 * an address other than its own, is put back. Names are followed by the task wireguard_reresolve.
 */
function endpointDiffers({ endpoint }: WireguardPeerWish, found: WireguardPeer): boolean {
  if (endpoint === undefined || found.endpoint instanceof Unknown) return false;
  if (found.endpoint === '') return true;
  const silent = found.handshakeAge < 0 || found.handshakeAge > SILENT;
  return silent && isNumeric(endpoint) && endpoint !== found.endpoint;
}

function differences(wish: WireguardPeerWish, found: WireguardPeer, set: PeerParts): readonly Difference[] {
  const list: Difference[] = [];
  const field = (name: string, from: string, to: string): void => {
    list.push({ kind: 'field', name: `peer ${wish.name}: ${name}`, from: from || 'none', to: to || 'none' });
  };
  if (set.allowedIps) field('allowed IPs', found.allowedIps.join(', '), wish.allowedIps.join(', '));
  if (set.endpoint) field('endpoint', String(found.endpoint), wish.endpoint ?? '');
  if (set.keepalive) field('keepalive', String(found.keepalive || 'off'), String(wish.keepalive || 'off'));
  if (set.presharedKey) {
    const side = (sum: string): string | null => (sum === '' ? null : fingerprint(sum));
    const [from, to] = [side(found.presharedKey), side(wantedSecret(wish))];
    list.push({ kind: 'secret', name: `peer ${wish.name}: preshared key`, from, to });
  }
  return list;
}
