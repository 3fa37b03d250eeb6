/** The text of a file of wg-quick: as people are shown it, and as commands that print it with its secrets. */
import { sha256, toBytes } from '../../base/bytes.ts';
import { fingerprint } from '../../base/fingerprint.ts';
import { join, quoteSecret, type Sh, sh } from '../../base/sh.ts';
import { Unknown } from '../../base/unknown.ts';
import { HIDDEN } from './wireguard-conf-kind.ts';
import type { WireguardPeerWish, WireguardWish } from './wireguard-wish.ts';

/** Looks like a key: such a line is never printed by the host, only its checksum is. */
const LIKE_A_KEY = /[A-Za-z0-9+/]{43}=/;

const HEAD = '# Written by Tightbeam: what is changed here is put back by the next run.';

/** The lines above the private key, and those of the interface below it. */
function interfaceLines(wish: WireguardWish): readonly string[] {
  const hooks = (name: string, texts: readonly string[]) => texts.map((text) => `${name} = ${text}`);
  return [
    `ListenPort = ${wish.listenPort}`,
    `MTU = ${wish.mtu}`,
    ...(wish.table === 'auto' ? [] : [`Table = ${wish.table}`]),
    ...(wish.fwmark === 0 ? [] : [`FwMark = ${wish.fwmark}`]),
    ...(wish.dns.length === 0 ? [] : [`DNS = ${wish.dns.join(', ')}`]),
    ...hooks('PreUp', wish.hooks.preUp),
    ...hooks('PostUp', wish.hooks.postUp),
    ...hooks('PreDown', wish.hooks.preDown),
    ...hooks('PostDown', wish.hooks.postDown),
  ];
}

function beforeKey(wish: WireguardWish): readonly string[] {
  return [HEAD, '[Interface]', ...wish.addresses.map((address) => `Address = ${address}`)];
}

function peerHead(peer: WireguardPeerWish): readonly string[] {
  const key = peer.publicKey instanceof Unknown ? '(known after apply)' : peer.publicKey;
  return ['', '[Peer]', `# ${peer.name}`, `PublicKey = ${key}`];
}

function peerTail(peer: WireguardPeerWish): readonly string[] {
  return [
    `AllowedIPs = ${peer.allowedIps.join(', ')}`,
    ...(peer.endpoint === undefined ? [] : [`Endpoint = ${peer.endpoint}`]),
    ...(peer.keepalive === 0 ? [] : [`PersistentKeepalive = ${peer.keepalive}`]),
  ];
}

/** As the host's own file is read: secrets left out. A public key nobody knows yet is `(known after apply)`. */
export function shownConf(wish: WireguardWish): string {
  const lines = [
    ...beforeKey(wish),
    `PrivateKey = ${HIDDEN}`,
    ...interfaceLines(wish).map(masked),
    ...wish.peers.flatMap((peer) => [...peerHead(peer), ...secretLine(peer), ...peerTail(peer)]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function masked(line: string): string {
  return LIKE_A_KEY.test(line.replace(/[ \t\r]/g, '')) ? fingerprint(sha256(toBytes(line))) : line;
}

function secretLine({ presharedKey }: WireguardPeerWish): readonly string[] {
  return presharedKey === undefined ? [] : [`PresharedKey = ${fingerprint(sha256(presharedKey.toBytes()))}`];
}

/** Builtins that print the whole file; `$k` holds the private key. Every public key must be known. */
export function printConf(wish: WireguardWish): Sh {
  const plain = (lines: readonly string[]): Sh => sh`printf '%s\\n' ${lines}`;
  const peers = wish.peers.flatMap((peer) => [
    plain(peerHead(peer)),
    ...(peer.presharedKey === undefined
      ? []
      : [sh`printf 'PresharedKey = %s\\n' ${quoteSecret(peer.presharedKey.toBytes())}`]),
    plain(peerTail(peer)),
  ]);
  return join(
    [plain(beforeKey(wish)), sh`printf 'PrivateKey = %s\\n' "$k"`, plain(interfaceLines(wish)), ...peers],
    ' && ',
  );
}
