/** A running WireGuard interface in a desired state: peers, key, port and mark change in place, others are not touched. */
import { sha256 } from '../../base/bytes.ts';
import { Unknown } from '../../base/unknown.ts';
import { type At, type Difference, type Draft, PlanError, type Resource } from '../../model/resource.ts';
import { runningBack } from './wireguard-back.ts';
import { type WireguardKeyState, wireguardKeyKey, wireguardKeyRef } from './wireguard-key-kind.ts';
import {
  byPublicKey,
  type WireguardPeer,
  type WireguardState,
  wireguardInterfaceKey,
  wireguardKind,
} from './wireguard-kind.ts';
import { runningEndpoint } from './wireguard-moved.ts';
import { type PeerChange, type PeerParts, peerChanges } from './wireguard-peer-change.ts';
import { setInterface } from './wireguard-set.ts';
import {
  hasDefaultRoute,
  unknownPeer,
  type WireguardPeerWish,
  type WireguardWish,
} from './wireguard-wish.ts';

/** What differs about the interface itself; undefined: nothing. */
export interface InterfaceChange {
  readonly listenPort?: number;
  readonly fwmark?: number;
  /** Public half of the key it shall run with. */
  readonly publicKey?: string | Unknown;
}

export function wireguardInterface(wish: WireguardWish): Resource<WireguardState> {
  const unknown = unknownPeer(wish);
  return {
    kind: wireguardKind,
    key: wireguardInterfaceKey(wish.interface),
    ...(unknown ? { unknown } : {}),
    reads: [wireguardKeyRef(wish.keyPath)],
    plan(state, at, now) {
      if (!state.exists) throw notRunning(wish.interface);
      // As a start that was planned before will make it.
      if (state.peers instanceof Unknown) return null;
      return planInterface(wish, state, state.peers, at, now);
    },
  };
}

/** The interface is gone although its unit was started. */
export function notRunning(name: string): PlanError {
  return new PlanError(
    `the interface ${name} is not there, although wg-quick has started it`,
    `see what ended it: journalctl -u wg-quick@${name} -n 50`,
  );
}

function planInterface(
  wish: WireguardWish,
  state: WireguardState,
  running: readonly WireguardPeer[],
  at: At,
  now: number,
): Draft<WireguardState> | null {
  const own = interfaceChange(wish, state, at);
  const peers = peerChanges(wish.peers, running);
  if (Object.keys(own).length === 0 && peers.length === 0) return null;
  const waits = unknownPeer(wish);
  return {
    action: 'update',
    summary: [...ownSummary(own), ...peers.map(peerSummary)].join(', '),
    diff: [...ownDifferences(state, own), ...peers.flatMap(({ diff }) => diff)],
    after: { ...state, ...own, peers: waits ?? peersAfter(running, peers) },
    run: setInterface(wish, own, peers),
    effects: [],
    opaque: false,
    inverse: 'yes',
    back: runningBack(wish.interface, now),
    cuts: 'wireguard',
  };
}

function interfaceChange(wish: WireguardWish, state: WireguardState, at: At): InterfaceChange {
  const key = at<WireguardKeyState>(wireguardKeyKey(wish.keyPath));
  const publicKey =
    key === undefined || key instanceof Unknown ? new Unknown('the key pair is made') : key.publicKey;
  const otherKey =
    publicKey instanceof Unknown
      ? !(state.publicKey instanceof Unknown)
      : !(state.publicKey instanceof Unknown) && state.publicKey !== publicKey;
  // For a default route wg-quick chooses a mark by itself.
  const free = wish.fwmark === 0 && hasDefaultRoute(wish);
  return {
    ...(state.listenPort === wish.listenPort ? {} : { listenPort: wish.listenPort }),
    ...(free || state.fwmark === wish.fwmark ? {} : { fwmark: wish.fwmark }),
    ...(otherKey ? { publicKey } : {}),
  };
}

function ownSummary(own: InterfaceChange): readonly string[] {
  return [
    ...(own.publicKey === undefined ? [] : ['the present private key']),
    ...(own.listenPort === undefined ? [] : [`listen port ${own.listenPort}`]),
    ...(own.fwmark === undefined ? [] : [`fwmark ${own.fwmark || 'off'}`]),
  ];
}

function ownDifferences(state: WireguardState, own: InterfaceChange): readonly Difference[] {
  const shown = (key: string | Unknown) => (key instanceof Unknown ? 'known after apply' : key || 'none');
  const field = (name: string, from: string, to: string): Difference => ({ kind: 'field', name, from, to });
  return [
    ...(own.publicKey === undefined
      ? []
      : [field('public key', shown(state.publicKey), shown(own.publicKey))]),
    ...(own.listenPort === undefined
      ? []
      : [field('listen port', String(state.listenPort), String(own.listenPort))]),
    ...(own.fwmark === undefined
      ? []
      : [field('fwmark', String(state.fwmark || 'off'), String(own.fwmark || 'off'))]),
  ];
}

const PARTS: readonly (readonly [keyof PeerParts, string])[] = [
  ['allowedIps', 'allowed IPs'],
  ['endpoint', 'endpoint'],
  ['keepalive', 'keepalive'],
  ['presharedKey', 'preshared key'],
];

function peerSummary(change: PeerChange): string {
  if (change.kind !== 'mend') return `${change.kind} peer ${change.name}`;
  const names = PARTS.filter(([part]) => change.set[part]).map(([, name]) => name);
  return `${names.join(', ')} of peer ${change.name}`;
}

function peersAfter(
  running: readonly WireguardPeer[],
  changes: readonly PeerChange[],
): readonly WireguardPeer[] {
  const touched = new Map(changes.map((change) => [change.publicKey, change]));
  const kept = running.flatMap((peer) => {
    const change = touched.get(peer.publicKey);
    if (change === undefined) return [peer];
    return change.kind === 'remove' ? [] : [peerAfter(change.wish, change, peer)];
  });
  const added = changes.flatMap((change) =>
    change.kind === 'add' ? [peerAfter(change.wish, change, undefined)] : [],
  );
  return [...kept, ...added].sort(byPublicKey);
}

function peerAfter(
  wish: WireguardPeerWish,
  { publicKey }: PeerChange,
  before: WireguardPeer | undefined,
): WireguardPeer {
  return {
    publicKey: publicKey instanceof Unknown ? '' : publicKey,
    presharedKey: wish.presharedKey === undefined ? '' : sha256(wish.presharedKey.toBytes()),
    endpoint: wish.endpoint === undefined ? (before?.endpoint ?? '') : runningEndpoint(wish.endpoint),
    allowedIps: wish.allowedIps,
    keepalive: wish.keepalive,
    handshakeAge: before?.handshakeAge ?? -1,
  };
}

/** The interface as wg-quick makes it from its file. */
export function startedInterface(wish: WireguardWish, publicKey: string | Unknown): WireguardState {
  const mark = wish.fwmark === 0 && hasDefaultRoute(wish) ? 51_820 : wish.fwmark;
  return {
    exists: true,
    publicKey,
    listenPort: wish.listenPort,
    fwmark: mark,
    peers:
      unknownPeer(wish) ??
      wish.peers
        .map((peer) =>
          peerAfter(
            peer,
            { kind: 'add', name: peer.name, wish: peer, publicKey: peer.publicKey, diff: [], set: {} },
            undefined,
          ),
        )
        .sort(byPublicKey),
  };
}
