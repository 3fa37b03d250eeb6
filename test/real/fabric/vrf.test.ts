/**
 * The routed fabric on kernels that have VRF: different networks at each site, machines behind them, each site's own way
 * out, and what `run verify` says of nine faults, planted one at a time.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

// What apt does on bare hosts is the other suite's matter, and takes a minute here.
const PACKAGES = ['wireguard-tools', 'nftables', 'frr', 'frr-pythontools', 'curl'];
const { test, lab } = labSuite('fabric with VRF', 2, undefined, { driver: 'uml', packages: PACKAGES });
const said = (run: Finished): string => run.out + run.err;
const verify = (): Promise<Finished> => lab().run(['verify', 'inventory/lab']);

/** A machine with two NICs: one in the overlay's network, with its gateway; one in a network of the house, without. */
const machine = (address: string, gateway: string): string => `
ip netns add vm
ip link add vm0 type veth peer name eth0 netns vm
ip link set vm0 master vnet1 mtu 1370 up
ip link add vm1 type veth peer name eth1 netns vm
ip addr add 192.168.3.1/24 dev vm1; ip link set vm1 up
ip -n vm link set lo up; ip -n vm link set eth0 mtu 1370 up; ip -n vm link set eth1 up
ip -n vm addr add ${address}/24 dev eth0; ip -n vm addr add 192.168.3.12/24 dev eth1
ip -n vm route add default via ${gateway}
ip netns exec vm ping -c 2 -W 2 ${gateway} >/dev/null`;

const inside = (host: string, command: string): Promise<string> =>
  lab().byHand(host, `ip netns exec vm ${command}`);

test('one run, on kernels with VRF and WireGuard of their own', async () => {
  const run = await lab().run(['provision', 'inventory/lab']);
  assert.is(run.code, 0, said(run));
  const again = await lab().run(['provision', 'inventory/lab']);
  assert.is(again.code, 0, said(again));
  assert.equal(again.of('change'), []);
  assert.match(await lab().byHand('roz', 'ip -d link show type vrf'), 'vrf_site');
}, 600_000);

test('verify is green line by line', async () => {
  const run = await verify();
  assert.is(run.code, 0, said(run));
  assert.ok(run.of('check').length >= 12, run.out);
}, 120_000);

test('machines behind different networks reach each other, whole packets both ways', async () => {
  await lab().byHand('roz', machine('10.1.1.11', '10.1.1.1'));
  await lab().byHand('wro', machine('10.2.1.9', '10.2.1.1'));
  const flags = `-c 3 -i 0.3 -W 3 -M do -s ${1370 - 28}`;
  assert.match(await inside('roz', `ping ${flags} 10.2.1.9`), ' 0% packet loss');
  assert.match(await inside('wro', `ping ${flags} 10.1.1.11`), ' 0% packet loss');
}, 120_000);

test('each fetches a page outside, by the address of its own site', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.socket.remoteAddress ?? '');
    response.end(`page of the outside, for ${request.socket.remoteAddress}\n`);
  });
  const outside = lab().address('roz').replace(/\d+$/, '1');
  await new Promise<void>((resolve) => server.listen(0, outside, resolve));
  const { port } = server.address() as AddressInfo;
  const page = (source: string): string =>
    `name: Page\nhosts: fabric\nbecome: true\nsteps:\n  - task: verify_http\n    with: { url: "http://${outside}:${port}/", netns: vm, expect: page of the outside, source: "${source}" }\n`;
  try {
    lab().write('runbooks/page.yaml', page('${{ host.address }}'));
    const green = await lab().run(['page', 'inventory/lab']);
    assert.is(green.code, 0, said(green));
    assert.equal([...new Set(seen)].sort(), [lab().address('roz'), lab().address('wro')]);
    lab().write('runbooks/page.yaml', page('192.0.2.1'));
    const red = await lab().run(['page', 'inventory/lab']);
    assert.is(red.code, 2, said(red));
    assert.match(red.failure('roz'), `SNAT: http://${outside}:${port}/ saw ${lab().address('roz')}`);
  } finally {
    server.close();
  }
}, 60_000);

const DROP = (match: string): string =>
  `nft 'add table inet by_hand; add chain inet by_hand input { type filter hook input priority -10; policy accept; }; add rule inet by_hand input ${match} drop'`;
const NO_DROP = 'nft delete table inet by_hand';
const ASN = (from: number, to: number): string =>
  `sed -i 's/\\b${from}\\b/${to}/g' /etc/frr/frr.conf && systemctl restart frr && sleep 5`;

/** What is done on wro by hand, what takes it back, and the cause that must be named there before anything else. */
const FAULTS: readonly (readonly [name: string, plant: string, mend: string, cause: RegExp])[] = [
  ['forwarding off', 'sysctl -qw net.ipv4.ip_forward=0', 'sysctl -qw net.ipv4.ip_forward=1', /forward/i],
  [
    'rp_filter',
    'sysctl -qw net.ipv4.conf.all.rp_filter=1',
    'sysctl -qw net.ipv4.conf.all.rp_filter=0',
    /rp_filter/,
  ],
  ['UDP 51820 closed', DROP('udp dport 51820'), NO_DROP, /UDP 51820/],
  ['TCP 179 closed', DROP('tcp dport 179'), NO_DROP, /TCP 179/],
  ['UDP 4789 closed', DROP('udp dport 4789'), NO_DROP, /UDP 4789/],
  ['an MTU of 1500', 'ip link set wg0 mtu 1500', 'ip link set wg0 mtu 1420', /MTU.*1500|1500.*MTU/],
  [
    'a peer removed',
    'wg showconf wg0 >/run/wg0.kept; wg set wg0 peer "$(wg show wg0 peers)" remove',
    'wg setconf wg0 /run/wg0.kept; rm /run/wg0.kept; sleep 2',
    /peer/,
  ],
  [
    'a static route',
    'ip route add 10.1.1.0/24 dev "$(ip route show default | sed "s/.* dev //;s/ .*//")" vrf vrf_site',
    'ip route del 10.1.1.0/24 vrf vrf_site proto boot',
    /route/,
  ],
  ['another ASN', ASN(65000, 65001), ASN(65001, 65000), /(ASN?\b|AS) .*6500[01]/],
];

for (const [name, plant, mend, cause] of FAULTS) {
  test(`planted: ${name}: verify turns red and names it first`, async () => {
    await lab().byHand('wro', `umask 077; ${plant}`);
    let red: Finished;
    try {
      red = await verify();
    } finally {
      await lab().byHand('wro', mend);
    }
    assert.is(red.code, 2, said(red));
    const [first] = red.of('step').filter(({ host, failure }) => host === 'wro' && failure);
    assert.match(first?.failure?.message.split('\n')[0] ?? '', cause, said(red));
    assert.is(red.recap('wro').failed, 1, 'what follows from it is left out');
    const green = await verify();
    assert.is(green.code, 0, said(green));
  }, 180_000);
}

test('after a true reboot of both the fabric is up again, and a dry run finds nothing', async () => {
  await Promise.all(['roz', 'wro'].map((host) => lab().reboot(host)));
  // sshd answers before the last units have started.
  await Promise.all(['roz', 'wro'].map((host) => lab().ssh(host, 'systemctl is-system-running --wait')));
  const run = await verify();
  assert.is(run.code, 0, said(run));
  const dry = await lab().run(['provision', 'inventory/lab', '--dry-run', '--detailed-exitcode']);
  assert.is(dry.code, 0, said(dry));
}, 240_000);
