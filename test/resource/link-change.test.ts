import { toBytes } from '../../lib/base/bytes.ts';
import { Sh, sh } from '../../lib/base/sh.ts';
import type { Key } from '../../lib/model/key.ts';
import type { At, State } from '../../lib/model/kind.ts';
import { overlayLinks, routerMac } from '../../lib/resources/evpn/evpn-overlay.ts';
import type { EvpnParams } from '../../lib/resources/evpn/evpn-params.ts';
import { factsKind } from '../../lib/resources/facts.ts';
import { link, linkScript } from '../../lib/resources/link/link.ts';
import { type LinkState, linkKey, NO_LINK } from '../../lib/resources/link/link-state.ts';
import { linkTypeKind, linkTypeRef } from '../../lib/resources/link/link-type-kind.ts';
import type { LinkWish } from '../../lib/resources/link/link-wish.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS } from './reading.ts';

const test = suite('link change');
const scratch = new Scratch();
test.after(() => scratch.remove());

const BRIDGE: LinkWish = {
  name: 'vnet1',
  type: 'bridge',
  mtu: 1370,
  mac: '02:00:5e:00:00:01',
  master: 'red',
  addresses: ['10.1.1.1/24'],
  settings: { stp_state: '0' },
};
const RIGHT: LinkState = {
  exists: true,
  type: 'bridge',
  up: true,
  mtu: 1370,
  mac: '02:00:5e:00:00:01',
  master: 'red',
  addresses: ['10.1.1.1/24'],
  routes: [],
  settings: { stp_state: '0', ageing_time: '30000' },
};

const world =
  (states: Readonly<Record<string, State>> = {}): At =>
  <S extends State>(key: Key) =>
    states[key] as S | undefined;

function change(wish: LinkWish, state: LinkState, at = world()) {
  const draft = link(wish).plan(state, at, 1);
  if (draft)
    assert.is(link(wish).plan(draft.after, at, 2), null, 'in the state that it leads to nothing is left');
  return draft;
}
const commands = (wish: LinkWish, state: LinkState): readonly string[] =>
  (change(wish, state)?.run.text ?? '').split('\n').map((line) => line.replace(' || exit $?', ''));

test('a link that is as it should be is left alone', () => {
  assert.is(change(BRIDGE, RIGHT), null);
});

test('only what differs is told to the kernel', () => {
  assert.equal(commands(BRIDGE, { ...RIGHT, mtu: 1400, up: false }), [
    'ip link set dev vnet1 mtu 1370',
    'ip link set dev vnet1 addrgenmode none 2>/dev/null || :',
    'ip link set dev vnet1 up',
  ]);
  assert.equal(commands(BRIDGE, { ...RIGHT, master: '' }), ['ip link set dev vnet1 master red']);
  assert.equal(commands({ ...BRIDGE, master: '' }, RIGHT), ['ip link set dev vnet1 nomaster']);
  assert.equal(commands(BRIDGE, { ...RIGHT, settings: { stp_state: '1' } }), [
    'ip link set dev vnet1 type bridge stp_state 0',
  ]);
  assert.equal(commands(BRIDGE, { ...RIGHT, addresses: [] }), ['ip address replace 10.1.1.1/24 dev vnet1']);
});

test('what goes goes first, as the kernel may take the rest of the subnet with it', () => {
  assert.equal(commands(BRIDGE, { ...RIGHT, addresses: ['10.1.1.1/24', '10.1.1.2/24'] }), [
    'ip address delete 10.1.1.2/24 dev vnet1',
    'ip address replace 10.1.1.1/24 dev vnet1',
  ]);
});

test('in a new bridge a port is told everything again', () => {
  const wish: LinkWish = {
    name: 'vx',
    type: 'vxlan',
    master: 'vnet1',
    settings: { id: '7', slave_learning: 'false', slave_neigh_suppress: 'true' },
  };
  const settings = { ...wish.settings };
  const run = commands(wish, { ...RIGHT, type: 'vxlan', master: 'other', settings });
  assert.equal(run, [
    'ip link set dev vx master vnet1',
    'ip link set dev vx type bridge_slave learning off neigh_suppress on',
  ]);
});

test('a VRF of another table is made anew, and those who were in it are joined again', () => {
  const wish: LinkWish = {
    name: 'red',
    type: 'vrf',
    master: '',
    settings: { table: '7' },
    members: ['vnet1', 'lan'],
  };
  const at = world({
    [linkKey('vnet1')]: RIGHT,
    [linkKey('lan')]: NO_LINK,
    [linkTypeRef('vrf').key]: { ...linkTypeKind.absent, exists: true },
  });
  const draft = change(wish, { ...RIGHT, type: 'vrf', master: '', settings: { table: '8' } }, at);
  assert.is(draft?.summary, 'make the vrf anew: table 7');
  assert.match(
    draft?.run.text ?? '',
    /^ip link delete dev red \|\| exit \$\?\nip link add name red type vrf table 7/,
  );
  assert.equal(draft?.effects, [{ key: linkKey('vnet1'), to: { ...RIGHT, master: '' } }]);
});

test('a new link is among the host’s interfaces, its addresses among the host’s', () => {
  const facts = {
    ...factsKind.absent,
    exists: true,
    interfaces: ['eth0', 'wg0'],
    addresses: ['192.0.2.1', 'fd00::1'],
  };
  const at = world({ 'facts:host': facts });
  const draft = change({ ...BRIDGE, addresses: ['10.1.1.1/24', 'fe80::1/64'] }, NO_LINK, at);
  const after = {
    ...facts,
    interfaces: ['eth0', 'vnet1', 'wg0'],
    addresses: ['192.0.2.1', '10.1.1.1', 'fd00::1'],
  };
  assert.equal(draft?.effects, [{ key: 'facts:host', to: after }]);
  assert.equal(
    change(BRIDGE, { ...RIGHT, mtu: 9 }, at)?.effects,
    [],
    'what facts do not hold has no effect on them',
  );
});

const overlay: EvpnParams = {
  port: 4789,
  state: 'present',
  vrf: { name: 'red', vni: 9, table: 1001 },
  networks: [
    { name: 'lan', vni: 7, gateway: ['10.1.1.1/24', 'FD00:1::1/64'], suppress: false, ports: ['eth1'] },
  ],
};

test('each link of an overlay comes after its master', () => {
  const links = overlayLinks(overlay, 'fd00::1', 1350);
  assert.equal(
    links.map(({ name, master }) => `${name} in ${master || 'nothing'}`),
    ['red in nothing', 'br_red in red', 'vx_red in br_red', 'lan in red', 'vx_lan in lan', 'eth1 in lan'],
  );
  const [, , , lan, vxlan] = links;
  assert.equal(lan?.addresses, ['10.1.1.1/24', 'fd00:1::1/64']);
  assert.is(lan?.mac, '02:00:5e:00:00:07');
  assert.is(vxlan?.settings.local6, 'fd00::1');
  assert.is(vxlan?.settings.slave_neigh_suppress, 'false');
});

test('each host has a MAC address of its own for what is routed to it, always the same', () => {
  assert.is(routerMac('10.1.0.1'), '02:04:0a:01:00:01');
  assert.is(routerMac('fd00::1'), routerMac('fd00::1'));
  assert.is.not(routerMac('fd00::1'), routerMac('fd00::2'));
  assert.match(routerMac('fd00::1'), /^02:06(:[0-9a-f]{2}){4}$/);
});

for (const shell of SHELLS) {
  test(`${shell}: at boot a link that is there is not made, and one that fails does not end the script`, () => {
    const told = `${scratch.root}/told`;
    const fake = (there: string): string =>
      `ip() { case "$*" in "link show dev ${there}") return 0 ;; "link show"*) return 1 ;; *"add name lan"*) return 3 ;; esac; echo "$*" >>${told}; }\n`;
    const script = (wish: LinkWish) => `( ${linkScript(wish).text} ) || echo failed >>${told}\n`;
    const links = overlayLinks(overlay, '10.1.0.1', 1370);
    const text = fake('red') + links.map(script).join('');
    scratch.run(shell, Sh.of(toBytes(text)));
    const lines = scratch.run(shell, sh`cat ${told}; rm ${told}`).toString().split('\n');
    assert.not.ok(
      lines.some((line) => line.startsWith('link add name red ')),
      'there already',
    );
    assert.ok(lines.some((line) => line.startsWith('link add name br_red type bridge')));
    assert.ok(lines.includes('failed'));
    assert.ok(lines.includes('link set dev vx_lan up'), 'those after it are made');
    assert.not.ok(
      lines.some((line) => line.includes('eth1')),
      'a port that is not there yet is left out',
    );
  });

  test(`${shell}: what the kernel can do`, () => {
    const [bridge, vrf] = scratch.states(shell, linkTypeKind, [linkTypeRef('bridge'), linkTypeRef('vrf')]);
    assert.is(bridge?.exists, true);
    assert.ok((vrf?.kernel ?? '').length > 2);
  });
}
