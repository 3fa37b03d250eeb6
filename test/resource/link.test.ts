import { readFileSync, writeFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toBytes } from '../../lib/base/bytes.ts';
import { join, Sh } from '../../lib/base/sh.ts';
import type { Reading, Want } from '../../lib/model/kind.ts';
import { type LinkState, linkKey, linkKind, linkRef, NO_LINK } from '../../lib/resources/link/link-kind.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS, type Shell } from './reading.ts';

const test = suite('link');
const scratch = new Scratch();
const CALLS = `${scratch.root}/state.calls`;
test.after(() => scratch.remove());

const recorded = (name: string): string =>
  readFileSync(path(fileURLToPath(new URL('.', import.meta.url)), 'recorded', name), 'utf8');
const wants = (...names: readonly string[]) => names.map(linkRef);

/** An `ip` that prints what was recorded on a host with a fabric, and tells of its calls. */
const FABRIC = `ip() { echo "$*" >>"$TB_STATE.calls"
case "$*" in '-d -j addr show') cat <<'X'
${recorded('ip-addr.json')}
X
;; '-N -j route show table all') cat <<'X'
${recorded('ip-route.json')}
X
;; *) return 1 ;; esac; }`;

const NO_JSON = 'ip() { echo Usage >&2; return 1; }';

/** A function, not a command: busybox takes its own applet before any in PATH. */
function read(shell: Shell, ip: string, wants: readonly Want[]): readonly Reading<LinkState>[] {
  writeFileSync(CALLS, '');
  return linkKind.parse(scratch.run(shell, join([Sh.of(toBytes(ip)), linkKind.read(wants)])), wants);
}

function states(shell: Shell, ip: string, wants: readonly Want[]): readonly LinkState[] {
  return read(shell, ip, wants).map((each) => {
    if ('unreadable' in each) throw new Error(each.unreadable);
    return each.state;
  });
}

for (const shell of SHELLS) {
  test(`${shell}: what each link is, and which routes somebody gave it`, () => {
    const [lo, eth0, vnet, vxlan, none] = states(
      shell,
      FABRIC,
      wants('lo', 'eth0', 'vnet1', 'vxlan1', 'vnet'),
    );
    assert.is(lo?.mac, '');
    assert.equal(lo?.addresses, ['127.0.0.1/8', '::1/128']);
    assert.is(eth0?.type, 'veth');
    assert.is(eth0?.up, true);
    assert.equal(eth0?.addresses, ['198.18.21.11/24'], 'without the link-local one that the kernel made');
    assert.equal(
      eth0?.routes,
      [
        '10.9.0.0/16 via 198.18.21.1 src 198.18.21.11 table 99 metric 20 mtu 1400',
        '10.9.9.9/32',
        '::/0 via fe80::1',
        '2001:db8::/32 metric 5',
        'default via 198.18.21.1',
      ].sort(),
    );
    assert.equal(vnet?.addresses, ['10.1.1.1/24', 'fe80::1/64']);
    assert.is(vnet?.mac, '02:00:5e:00:00:01');
    assert.is(vnet?.settings.stp_state, '0');
    assert.is(vnet?.settings.gc_timer, undefined, 'what moves by itself is no state');
    assert.is(vxlan?.master, 'vnet1');
    assert.is(vxlan?.mtu, 1370);
    const { id, local, port, learning, slave_learning, slave_neigh_suppress } = vxlan?.settings ?? {};
    assert.equal(
      { id, local, port, learning, slave_learning, slave_neigh_suppress },
      {
        id: '100000',
        local: '10.1.0.1',
        port: '4789',
        learning: 'false',
        slave_learning: 'false',
        slave_neigh_suppress: 'true',
      },
    );
    assert.equal(none, NO_LINK, 'the beginning of a name is not the name');
  });

  test(`${shell}: where none of them is there, no routes are asked for`, () => {
    assert.equal(states(shell, FABRIC, wants('wg0', 'vnet9')), [NO_LINK, NO_LINK]);
    assert.is(readFileSync(CALLS, 'utf8'), '-d -j addr show\n');
  });

  test(`${shell}: an ip without JSON tells absent links from those it cannot describe`, () => {
    const [lo, none] = read(shell, NO_JSON, wants('lo', 'nope0'));
    assert.match(lo && 'unreadable' in lo ? lo.unreadable : '', 'iproute2');
    assert.equal(none, { key: linkKey('nope0'), state: NO_LINK });
  });
}

test('output cut short, or no JSON, is no state', () => {
  const [want] = wants('lo');
  if (!want) throw new Error('no want');
  for (const text of [
    '',
    '@links\n[{"ifname":"lo"}]\n',
    '@links\n[{"ifname":\n@end\n',
    '@links\n{}\n@end\n',
  ]) {
    const [reading] = linkKind.parse(Buffer.from(text), [want]);
    assert.ok(reading && 'unreadable' in reading, JSON.stringify(text));
  }
  const [empty] = linkKind.parse(Buffer.from('@links\n[{}]\n\n@end\n'), [want]);
  assert.ok(empty && 'state' in empty && !empty.state.exists);
});
