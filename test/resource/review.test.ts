/** What of a state counts when a reviewed plan is carried out, and what of it may be shown. */
import { sha256, toBytes } from '../../lib/base/bytes.ts';
import { fingerprints } from '../../lib/base/fingerprint.ts';
import type { Kind, State } from '../../lib/model/kind.ts';
import { fileKind } from '../../lib/resources/file/file-kind.ts';
import { ABSENT_FILE, type FileState } from '../../lib/resources/file/file-state.ts';
import { frrKind, NO_FRR } from '../../lib/resources/frr/frr-kind.ts';
import { linkKind } from '../../lib/resources/link/link-kind.ts';
import { linkStackKind } from '../../lib/resources/link/link-stack-kind.ts';
import { NO_LINK } from '../../lib/resources/link/link-state.ts';
import { nftTableKind } from '../../lib/resources/nft/nft-table-kind.ts';
import { type UnitState, unitKind } from '../../lib/resources/unit/unit-kind.ts';
import { userKind } from '../../lib/resources/user/user-kind.ts';
import { NO_WIREGUARD_CONF, wireguardConfKind } from '../../lib/resources/wireguard/wireguard-conf-kind.ts';
import { wireguardKind } from '../../lib/resources/wireguard/wireguard-kind.ts';
import { assert, suite } from '../suite.ts';

const test = suite('states that are reviewed');

const SUM = sha256(toBytes('a secret'));
const OTHER = sha256(toBytes('another secret'));

/** Throws unless what is shown holds no checksum but as a fingerprint, which the engine marks. */
function shown(state: unknown): unknown {
  const text = JSON.stringify(state).replace(fingerprints(), '');
  for (const sum of [SUM, OTHER]) assert.not.match(text, sum.slice(0, 10));
  return state;
}

function look<S extends State, H>(kind: Kind<S, H>, state: S, hint?: H) {
  const found = kind.review?.(state, hint);
  if (!found) throw new Error(`${kind.name} says nothing`);
  return found;
}

const FILE: FileState = {
  ...ABSENT_FILE,
  exists: true,
  type: 'file',
  mode: '0644',
  uid: 0,
  gid: 0,
  owner: 'root',
  group: 'root',
  size: 8,
  sha256: SUM,
};

test('a file: its checksum counts, whoever asked for the content; a secret one shows no size', () => {
  const sent: FileState = { ...FILE, content: toBytes('a secret') };
  assert.equal(look(fileKind, sent).counts, look(fileKind, FILE).counts);
  assert.not.equal(look(fileKind, { ...FILE, sha256: OTHER }).counts, look(fileKind, FILE).counts);
  assert.not.equal(look(fileKind, { ...FILE, mode: '0600' }).counts, look(fileKind, FILE).counts);
  const hidden = shown(look(fileKind, sent, { need: 'sum', secret: true }).shown);
  assert.not.match(JSON.stringify(hidden), /size|a secret/);
  assert.match(JSON.stringify(hidden), fingerprints());
  // Content is text there, not bytes, so that secrets in it are found.
  const { shown: open } = look(fileKind, { ...FILE, content: toBytes('ä\n') });
  assert.is((open as FileState).content, 'ä\n');
});

test('a file of which only owner and mode are asked for may grow', () => {
  const log: FileState = { ...FILE, sha256: '' };
  assert.equal(look(fileKind, { ...log, size: 9 }).counts, look(fileKind, log).counts);
});

test('a user: the password counts, and is not shown', () => {
  const user = { ...userKind.absent, exists: true, uid: 1000, password: SUM };
  assert.not.equal(look(userKind, { ...user, password: OTHER }).counts, look(userKind, user).counts);
  assert.not.equal(
    shown(look(userKind, { ...user, password: OTHER }).shown),
    shown(look(userKind, user).shown),
  );
});

test('WireGuard: handshakes and where a peer is do not count, its keys do', () => {
  const peer = {
    publicKey: 'k',
    presharedKey: SUM,
    endpoint: '192.0.2.1:51820',
    allowedIps: ['10.1.0.1/32'],
    keepalive: 25,
    handshakeAge: 3,
  };
  const state = { exists: true, publicKey: 'p', listenPort: 1, fwmark: 0, peers: [peer] };
  const later = { ...state, peers: [{ ...peer, handshakeAge: 8, endpoint: '198.51.100.1:9' }] };
  const rotated = { ...state, peers: [{ ...peer, presharedKey: OTHER }] };
  assert.equal(look(wireguardKind, later), look(wireguardKind, state));
  assert.not.equal(look(wireguardKind, rotated).counts, look(wireguardKind, state).counts);
  assert.not.equal(shown(look(wireguardKind, rotated).shown), shown(look(wireguardKind, state).shown));
  shown(look(wireguardConfKind, { ...NO_WIREGUARD_CONF, exists: true, type: 'file', sum: SUM }).shown);
});

test('FRR with a secret configuration shows no checksum of it', () => {
  const state = { ...NO_FRR, exists: true, file: SUM, loaded: SUM };
  shown(look(frrKind, state, { secret: true }).shown);
  assert.not.equal(
    look(frrKind, { ...state, loaded: '' }, { secret: true }).counts,
    look(frrKind, state, { secret: true }).counts,
  );
});

const UNIT: UnitState = {
  ...unitKind.absent,
  exists: true,
  id: 'a.service',
  load: 'loaded',
  active: 'active',
  sub: 'running',
  file: 'enabled',
};

test('a unit: which run of it this is does not count, that it runs does', () => {
  const again = {
    ...UNIT,
    invocation: 'other',
    restarts: 3,
    flapping: true,
    ended: 'exit status 1',
    sub: 'x',
  };
  assert.equal(look(unitKind, again), look(unitKind, UNIT));
  assert.equal(look(unitKind, { ...UNIT, active: 'reloading' }), look(unitKind, UNIT));
  assert.not.equal(look(unitKind, { ...UNIT, active: 'failed' }).counts, look(unitKind, UNIT).counts);
  assert.not.equal(look(unitKind, { ...UNIT, file: 'disabled' }).counts, look(unitKind, UNIT).counts);
});

test('links: what DHCP gives a NIC does not count, what a tunnel has does', () => {
  const nic = { ...NO_LINK, exists: true, up: true, mtu: 1500, addresses: ['192.0.2.1/24'] };
  const moved = { addresses: ['192.0.2.2/24'], routes: ['default via 192.0.2.254'] };
  assert.equal(look(linkKind, { ...nic, ...moved }), look(linkKind, nic));
  assert.not.equal(look(linkKind, { ...nic, mtu: 9000 }).counts, look(linkKind, nic).counts);
  const tunnel = { ...nic, type: 'wireguard' };
  assert.not.equal(look(linkKind, { ...tunnel, ...moved }).counts, look(linkKind, tunnel).counts);
  const bridge = { exists: true, lower: { tap0: 1500 }, upper: {}, bond: false };
  assert.equal(look(linkStackKind, { ...bridge, lower: {} }), look(linkStackKind, bridge));
});

test('a table of nftables: its rules count, not where the session comes from', () => {
  const table = {
    exists: true,
    text: 'table inet x {}',
    wanted: '',
    door: { ports: [22], peer: '192.0.2.9' },
  };
  const elsewhere = { ...table, wanted: 'w', door: { ports: [22], peer: '192.0.2.8' } };
  assert.equal(look(nftTableKind, elsewhere), look(nftTableKind, table));
  assert.not.equal(look(nftTableKind, { ...table, text: 'x' }).counts, look(nftTableKind, table).counts);
});
