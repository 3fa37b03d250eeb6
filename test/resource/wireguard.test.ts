/** What is read of WireGuard on a host, under both shells, with a wg of the test's own: and that no key is ever printed. */
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, bytesToText, sha256, toBytes } from '../../lib/base/bytes.ts';
import { Sh } from '../../lib/base/sh.ts';
import { Unknown } from '../../lib/base/unknown.ts';
import type { Kind, Reading, State, Want } from '../../lib/model/kind.ts';
import { ABSENT_FILE, type FileState } from '../../lib/resources/file/file-state.ts';
import { wireguardConfKey, wireguardConfKind } from '../../lib/resources/wireguard/wireguard-conf-kind.ts';
import { wireguardKeyKey, wireguardKeyKind } from '../../lib/resources/wireguard/wireguard-key-kind.ts';
import { wireguardInterfaceKey, wireguardKind } from '../../lib/resources/wireguard/wireguard-kind.ts';
import { wireguardReresolve } from '../../lib/resources/wireguard/wireguard-reresolve.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS, type Shell } from './reading.ts';

const PRIVATE = '0IyWJHIWwkm/SgKw/PtvMTz/WQWys3+3WWhoz+sxx0Y=';
const PUBLIC = 'fs2pUzm9gEs2vG80JhtM51e2QcTXbEUUvVVCJ9dlzHE=';
const PSK = 'MlZWo9DpOmsJ4VZcl36fGpMCGiNHXjv97K+2/AC47HY=';
const OTHER_PSK = 'kQZWo9DpOmsJ4VZcl36fGpMCGiNHXjv97K+2/AC47HY=';
const PEER = 'qezvwsKGMwW0H3r5gJYVlnEcnuiDA9RkAanrqoZuiTE=';
const PEER2 = 'rA1a34F81weVPn/KYol96qw3kLIM8SLDyptGd42tYHc=';
/** busybox has a `date` of its own, which no command of the test's can stand in for. */
const NOW = Math.floor(Date.now() / 1000);
const sum = (text: string): string => sha256(toBytes(text));

const test = suite('wireguard');
const world: { scratch?: Scratch; root: string } = { root: '' };

test.before(() => {
  const scratch = new Scratch();
  world.scratch = scratch;
  world.root = join(scratch.root, 'etc');
  mkdirSync(world.root);
  scratch.command(
    'wg',
    `[ "$1" = pubkey ] || exit 1; read -r key; [ "$key" = ${PRIVATE} ] && echo ${PUBLIC}`,
  );
});
test.after(() => world.scratch?.remove());

function scratchOf(): Scratch {
  if (!world.scratch) throw new Error('no scratch folder');
  return world.scratch;
}

/** The kind's own text, with a folder of the test's in the place of /etc/wireguard; fails where it prints a key. */
function read<S extends State, H>(
  shell: Shell,
  kind: Kind<S, H>,
  wants: readonly Want<H>[],
  path?: string,
): readonly Reading<S>[] {
  const text = kind.read(wants).text.replaceAll('/etc/wireguard', world.root) as Bytes;
  const out = scratchOf().run(shell, Sh.of(text), path);
  for (const key of [PRIVATE, PSK, OTHER_PSK]) assert.not.ok(out.includes(key), 'a key was printed');
  return kind.parse(out, wants);
}

function write(name: string, content: string, mode = 0o600): string {
  const path = join(world.root, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function stateOf<S extends State>(reading: Reading<S> | undefined): S {
  if (!reading || 'unreadable' in reading) throw new Error(`unreadable: ${reading?.unreadable}`);
  return reading.state;
}

for (const shell of SHELLS) {
  test(`keys: whole, damaged, rotated, none, a link (${shell})`, () => {
    const paths = [
      write('whole.key', `${PRIVATE}\n`),
      write('damaged.key', 'nonsense\n', 0o644),
      write('turned.key', `${PRIVATE}\n`),
      join(world.root, 'none.key'),
      join(world.root, `link-${shell}.key`),
      world.root,
    ];
    write('turned.key.rotation', 'spring 2\n');
    symlinkSync(paths[0] ?? '', paths[4] ?? '');
    const wants = paths.map((path) => ({ key: wireguardKeyKey(path) }));
    const [whole, damaged, turned, none, link, folder] = read(shell, wireguardKeyKind, wants).map(stateOf);
    assert.is(whole?.publicKey, PUBLIC);
    assert.is(whole?.mode, '0600');
    assert.is(whole?.rotation, '');
    assert.is(damaged?.publicKey, '');
    assert.is(damaged?.mode, '0644');
    assert.is(turned?.rotation, 'spring 2');
    assert.is(none?.exists, false);
    assert.is(link?.type, 'symlink');
    assert.is(folder?.type, 'other');
    const few = join(world.root, 'few');
    mkdirSync(few, { recursive: true });
    for (const name of ['stat', 'cat']) {
      if (!existsSync(join(few, name))) symlinkSync(`/usr/bin/${name}`, join(few, name));
    }
    const without = read(shell, wireguardKeyKind, wants, few).map(stateOf);
    assert.instance(without[0]?.publicKey, Unknown);
    assert.is(without[3]?.exists, false);
  });

  test(`files: every way to write a secret is seen, none is shown (${shell})`, () => {
    const lines = [
      '[Interface]',
      '# a comment',
      '',
      `Private Key=${PRIVATE} # mine`,
      `#PrivateKey = ${PRIVATE}`,
      `PostUp = echo ${PRIVATE}`,
      'PostUp = printf "%s\\n" a\\b  *',
      `  presharedkey	=${PSK}`,
      `# PresharedKey = ${OTHER_PSK}`,
      `PublicKey = ${PEER}`,
      'AllowedIPs = 10.0.0.0/8',
    ];
    write('a.conf', `${lines.join('\n')}\n`, 0o640);
    write('b.conf', '[Interface]\nPrivateKey = nonsense');
    write('empty.conf', '');
    const wants = ['a', 'b', 'empty', 'none'].map((name) => ({ key: wireguardConfKey(name) }));
    const [a, b, empty, none] = read(shell, wireguardConfKind, wants).map(stateOf);
    assert.equal(String(a?.text).split('\n'), [
      '[Interface]',
      '# a comment',
      '',
      'PrivateKey = ‹kept on the host›',
      `‹sha256 ${sum(`PrivateKey=${PRIVATE}`).slice(0, 16)}›`,
      `‹sha256 ${sum(`PostUp = echo ${PRIVATE}`).slice(0, 16)}›`,
      'PostUp = printf "%s\\n" a\\b  *',
      `PresharedKey = ‹sha256 ${sum(PSK).slice(0, 16)}›`,
      `‹sha256 ${sum(`PresharedKey=${OTHER_PSK}`).slice(0, 16)}›`,
      `PublicKey = ${PEER}`,
      'AllowedIPs = 10.0.0.0/8',
      '',
    ]);
    assert.is(a?.publicKey, PUBLIC);
    assert.is(a?.mode, '0640');
    assert.is(a?.sum, sum(`${lines.join('\n')}\n`));
    assert.is(b?.publicKey, '');
    assert.is(b?.text, '[Interface]\nPrivateKey = ‹kept on the host›\n');
    assert.is(empty?.exists, true);
    assert.is(empty?.text, '');
    assert.is(none?.exists, false);
  });

  test(`what runs: from one dump, preshared keys as checksums (${shell})`, () => {
    const scratch = new Scratch();
    const rows = [
      ['wg0', PRIVATE, PUBLIC, '51820', 'off'],
      ['wg0', PEER2, PSK, '(none)', '(none)', '0', '0', '0', 'off'],
      [
        'wg0',
        PEER,
        PSK,
        '[2001:db8::1]:51820',
        '10.2.9.0/24,10.2.0.1/32',
        String(NOW - 100),
        '180',
        '272',
        '25',
      ],
      ['wg00', PRIVATE, PUBLIC, '1', '0xca6c'],
      ['wg1', '(none)', '(none)', '4500', '0xca6c'],
      ['wg1', PEER, OTHER_PSK, '192.0.2.1:1', '0.0.0.0/0', '0', '0', '0', '1'],
    ];
    scratch.command('wg', `cat <<'X'\n${rows.map((row) => row.join('\t')).join('\n')}\nX`);
    const wants = ['wg0', 'wg1', 'wg2'].map((name) => ({ key: wireguardInterfaceKey(name) }));
    const out = scratch.run(shell, wireguardKind.read(wants));
    for (const key of [PRIVATE, PSK, OTHER_PSK]) assert.not.ok(out.includes(key), 'a key was printed');
    const [zero, one, two] = wireguardKind.parse(out, wants).map(stateOf);
    const peers = Array.isArray(zero?.peers) ? zero.peers : [];
    const age = peers[0]?.handshakeAge ?? 0;
    assert.ok(age >= 100 && age < 130, `${age} s`);
    assert.equal(zero, {
      exists: true,
      publicKey: PUBLIC,
      listenPort: 51_820,
      fwmark: 0,
      peers: [
        {
          publicKey: PEER,
          presharedKey: sum(PSK),
          endpoint: '[2001:db8::1]:51820',
          allowedIps: ['10.2.0.1/32', '10.2.9.0/24'],
          keepalive: 25,
          handshakeAge: age,
        },
        {
          publicKey: PEER2,
          presharedKey: sum(PSK),
          endpoint: '',
          allowedIps: [],
          keepalive: 0,
          handshakeAge: -1,
        },
      ],
    });
    assert.is(one?.publicKey, '');
    assert.is(one?.fwmark, 0xca6c);
    assert.is(Array.isArray(one?.peers) && one.peers[0]?.presharedKey, sum(OTHER_PSK));
    assert.is(two?.exists, false);
    scratch.command('wg', 'echo Unable to access interface wg0: Permission denied >&2; exit 1');
    const [refused] = scratch.read(shell, wireguardKind, wants);
    assert.match(refused && 'unreadable' in refused ? refused.unreadable : '', 'use become');
    scratch.command('wg', ':');
    const [nothing] = scratch.read(shell, wireguardKind, wants);
    assert.is(stateOf(nothing).exists, false);
    scratch.remove();
  });

  test(`names are looked up again for silent peers alone (${shell})`, () => {
    const scratch = new Scratch();
    const peers: readonly (readonly [string, string, number])[] = [
      ['fresh', 'a.example.net:51820', NOW - 60],
      ['silent', 'b.example.net:51820', NOW - 1000],
      ['never', 'c.example.net:4500', 0],
      ['number', '192.0.2.1:51820', 0],
      ['six', '[2001:db8::1]:51820', 0],
      ['gone', 'd.example.net:51820', -1],
      ['caller', '', 0],
    ];
    const conf = peers.map(
      ([key, endpoint]) =>
        `[Peer]\n# ${key}\nPublicKey = ${key}\n${endpoint ? `Endpoint = ${endpoint}\n` : ''}`,
    );
    write('wg0.conf', `[Interface]\nPrivateKey = ${PRIVATE}\n\n${conf.join('\n')}`);
    const running = peers.filter(([, , at]) => at >= 0).map(([key, , at]) => `${key}\\t${at}`);
    scratch.command(
      'wg',
      `case $* in "show wg0 latest-handshakes") printf '${running.join('\\n')}\\n' ;; "show wg0 endpoints") cat "$TB_STATE" 2>/dev/null; : ;; *) echo "$*" >>"$TB_STATE" ;; esac`,
    );
    const script = scriptText().replaceAll('/etc/wireguard', world.root);
    const out = scratch.run(shell, Sh.of(`set -- wg0\n${script}cat "$TB_STATE"` as Bytes)).toString();
    assert.equal(
      out.split('\n').filter((line) => line.startsWith('set ')),
      ['set wg0 peer silent endpoint b.example.net:51820', 'set wg0 peer never endpoint c.example.net:4500'],
    );
    assert.is(out.match(/is looked for at another address/g)?.length, 2);
    scratch.remove();
  });
}

function scriptText(): string {
  const script = wireguardReresolve('wg0', 30).find(
    ({ key }) => key === 'file:/etc/tightbeam/reresolve-wg0.sh',
  );
  const after = script?.plan(ABSENT_FILE, () => undefined, 1)?.after as FileState | undefined;
  if (typeof after?.content !== 'string') throw new Error('no script');
  return bytesToText(after.content) ?? '';
}
