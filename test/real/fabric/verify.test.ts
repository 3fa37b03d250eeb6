/** Checks of a real fabric: green line by line, then one fault at a time, named by the host that has it. */
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

/** As runbooks/verify.yaml, but that it may wait for less: what is broken here does not mend itself. */
const RUNBOOK = `name: Verified
hosts: fabric
become: true
vars: { wait: 1 }
steps:
  - { id: kernel, task: verify_sysctl, with: { values: { net.ipv4.ip_forward: 1 } } }
  - { id: forwarding, task: verify_forwarding, with: { interfaces: [wg0, vnet1] } }
  - id: underlay
    task: verify_wireguard
    with: { interface: wg0, address: "\${{ host.vars.wg_address }}", peers: fabric, wait: "\${{ vars.wait }}" }
  - id: routing
    task: verify_bgp
    with:
      asn: "\${{ host.vars.asn }}"
      address: "\${{ host.vars.wg_address }}"
      peers: fabric
      routes: [3, 5]
      wait: "\${{ vars.wait }}"
  - id: overlay
    task: verify_ping
    with:
      address: "\${{ host.vars.gateway }}"
      from: "\${{ host.vars.gateway }}"
      peers: fabric
      size: 1370
      wait: "\${{ vars.wait }}"
  - id: port
    task: verify_tcp
    with: { address: "\${{ host.vars.gateway }}", peers: fabric, port: 22, wait: "\${{ vars.wait }}" }
`;

const { test, lab } = labSuite('verify', 2, async (project) => {
  project.write('runbooks/checks.yaml', RUNBOOK);
  const made = await project.run(['provision', 'inventory/lab']);
  if (made.code !== 0) throw new Error(made.out + made.err);
});

const verify = (wait: number, ...more: readonly string[]): Promise<Finished> =>
  lab().run(['checks', 'inventory/lab', '--extra-vars', JSON.stringify({ wait }), ...more]);

test('green, line by line, in one round trip', async () => {
  const run = await verify(30);
  assert.is(run.code, 0, run.out + run.err);
  for (const host of ['roz', 'wro']) assert.is(run.recap(host).roundTrips, 1);
  const lines = run
    .of('check')
    .flatMap(({ host, step, text }) => (host === 'roz' ? [`${step}: ${text}`] : []));
  const plain = lines.map((line) => line.replace(/[\d.]+ (ms|s|min)/g, 'N'));
  assert.equal(plain, [
    'kernel: net.ipv4.ip_forward = 1',
    'forwarding: wg0 forwards, rp_filter 0',
    'forwarding: vnet1 forwards, rp_filter 0',
    'underlay: wg0 10.1.0.1, UDP 51820, MTU 1420, 1 peer',
    'underlay: handshake with wro N ago, N',
    'routing: AS 65000, router-id 10.1.0.1',
    'routing: BGP with wro up for N, BFD up, EVPN routes type 3: 1, type 5: 1',
    'overlay: 10.2.1.1 (wro) answers over the overlay in N, 1370 bytes whole, from 10.1.1.1',
    'port: TCP 22 of 10.2.1.1 (wro) is open',
  ]);
}, 120_000);

interface Plant {
  readonly name: string;
  /** Shell text that breaks roz, and that mends it again. */
  readonly plant: string;
  readonly mend: string;
  /** What roz says, from the beginning. */
  readonly cause: string;
  /** What wro may say; undefined: it sees nothing wrong. */
  readonly other?: RegExp;
}

const drop = (port: string): Pick<Plant, 'plant' | 'mend'> => ({
  plant: `nft add table inet planted
nft 'add chain inet planted input { type filter hook input priority -5; }'
nft add rule inet planted input ${port} drop`,
  mend: 'nft delete table inet planted',
});

/** Those first that leave the sessions alone. */
const PLANTS: readonly Plant[] = [
  {
    name: 'TCP 179 closed',
    ...drop('tcp dport 179'),
    cause: 'TCP 179 is closed on this host: table inet planted, chain input: tcp dport 179 drop',
  },
  {
    name: 'MTU 1500',
    plant: 'ip link set wg0 mtu 1500',
    mend: 'ip link set wg0 mtu 1420',
    cause: 'MTU too large: wg0 has 1500 where 1420 fits (1500 of eth0 − 80 for WireGuard)',
  },
  {
    name: 'a static route hijacking the overlay',
    plant: 'ip route add 10.2.1.0/24 dev eth0',
    mend: 'ip route del 10.2.1.0/24 dev eth0',
    cause: 'a static route hijacks the overlay: 10.2.1.0/24 dev eth0',
    other: /no answer|nothing comes back/,
  },
  {
    name: 'UDP 4789 closed',
    ...drop('udp dport 4789'),
    cause: 'UDP 4789 is closed on this host: table inet planted, chain input: udp dport 4789 drop',
    other: /^one-way traffic: .*: UDP 4789 closed there/,
  },
  {
    name: 'forwarding off',
    plant: 'sysctl -qw net.ipv4.ip_forward=0',
    mend: 'sysctl -qw net.ipv4.ip_forward=1',
    cause: 'forwarding is off: net.ipv4.ip_forward is 0',
  },
  {
    name: 'rp_filter 1',
    plant: 'sysctl -qw net.ipv4.conf.all.rp_filter=1',
    mend: 'sysctl -qw net.ipv4.conf.all.rp_filter=0',
    cause: 'rp_filter is 1 on wg0 (the greater of all = 1 and wg0 = 0), strict',
    // It drops what wro sends from an address that roz reaches by another interface.
    other: /rp_filter strict there/,
  },
  {
    name: 'UDP 51820 closed',
    ...drop('udp dport 51820'),
    cause: 'UDP 51820 is closed on this host: table inet planted, chain input: udp dport 51820 drop',
    other: /UDP 51820 closed there/,
  },
  {
    name: 'a WireGuard peer removed',
    plant: 'umask 077; wg showconf wg0 >/root/wg0; wg set wg0 peer "$(wg show wg0 peers)" remove',
    mend: 'wg setconf wg0 /root/wg0',
    cause: 'WireGuard peer missing: the running wg0 has no peer with 10.2.0.1 (wro)',
    other: /^(handshake .*nothing|one-way)/,
  },
  {
    name: 'another BGP ASN',
    plant: "sed -i 's/^router bgp 65000/router bgp 65001/' /etc/frr/frr.conf; systemctl restart frr; sleep 3",
    mend: "sed -i 's/^router bgp 65001/router bgp 65000/' /etc/frr/frr.conf; systemctl restart frr",
    cause: 'BGP ASN differs: bgpd of this host runs as AS 65001, where 65000 is meant',
    other: /^BGP (ASN differs|with roz is)/,
  },
];

for (const { name, plant, mend, cause, other } of PLANTS) {
  test(`${name}: named first by the host that has it`, async () => {
    await lab().byHand('roz', plant);
    const run = await verify(1);
    await lab().byHand('roz', mend);
    assert.is(run.code, 2, run.out + run.err);
    const said = run.failure('roz');
    assert.ok(said.startsWith(cause), `roz says: ${said}`);
    const elsewhere = run.failure('wro');
    if (other === undefined) assert.is(elsewhere, '');
    else if (elsewhere !== '') assert.match(elsewhere, other);
    assert.is(run.of('change').length, 0);
  }, 60_000);
}

test('mended, all is green again', async () => {
  const run = await verify(45);
  assert.is(run.code, 0, run.out + run.err);
}, 120_000);
