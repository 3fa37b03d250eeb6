/**
 * The example of a cluster (runbooks/cluster.yaml, inventory/cluster) on three hosts with kernels of their own: the stand-in
 * for pvesh on shared files, real bridges with tags, FRR, WireGuard, dnsmasq and PowerDNS beneath it.
 */
import { forecast } from '../../fixture/forecast.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { becomeCluster, CLUSTER_PACKAGES, clusterInventory, KEY, NODES } from '../../fixture/pve/cluster.ts';
import { got } from '../../fixture/pve/site.ts';
import { assert } from '../../suite.ts';

const { test, lab } = labSuite(
  'cluster of Proxmox',
  3,
  async (project) => {
    project.inventory('cluster', clusterInventory(project));
    await becomeCluster(project, '9.1.1');
  },
  { driver: 'uml', packages: CLUSTER_PACKAGES },
);
const run = (runbook: string, ...flags: readonly string[]): Promise<Finished> =>
  lab().run([runbook, 'inventory/cluster', ...flags], { env: { POWERDNS_KEY: KEY } });
const said = (each: Finished): string => each.out + each.err;
const world: { dry?: Finished } = {};

test('a dry run on bare nodes ends well', async () => {
  world.dry = await run('cluster', '--dry-run');
  assert.is(world.dry.code, 0, said(world.dry));
}, 300_000);

test('one run from nothing to a cluster, change by change as the dry run had foretold', async () => {
  const first = await run('cluster');
  assert.is(first.code, 0, said(first));
  if (!world.dry) throw new Error('no dry run');
  for (const host of NODES) {
    const { wrong, later } = forecast(world.dry, first, host);
    assert.equal(wrong, [], host);
    assert.equal(later, [], host);
  }
  assert.not.match(said(first) + JSON.stringify(first.events), KEY);
}, 1_800_000);

test('the second run changes nothing, in one round trip', async () => {
  const again = await run('cluster');
  assert.is(again.code, 0, said(again));
  assert.equal(again.of('change'), []);
  for (const host of NODES) assert.is(again.recap(host).roundTrips, 1);
}, 600_000);

type Fields = Readonly<Record<string, unknown>>;

test('the cluster has the zones, and each node the devices', async () => {
  const zones = await got<Fields[]>(lab(), 'wro', '/cluster/sdn/zones');
  assert.equal(
    zones.map(({ zone, type, mtu }) => [zone, type, mtu ?? null]),
    [
      ['backup', 'vxlan', 8950],
      ['blue', 'evpn', 1450],
      ['carrier', 'qinq', 1500],
      ['guests', 'simple', null],
      ['office', 'vlan', 1500],
      ['red', 'evpn', 1450],
    ],
  );
  const red = zones.find(({ zone }) => zone === 'red') ?? {};
  assert.equal([red.mac, red.exitnodes, red['exitnodes-primary']], ['BC:24:11:65:00:01', 'roz,wro', 'roz']);
  const [controller] = await got<Fields[]>(lab(), 'lub', '/cluster/sdn/controllers');
  assert.equal([controller?.asn, controller?.peers], [65001, '10.20.0.1,10.20.0.2,10.20.0.3']);
  for (const host of NODES) {
    const status = await got<Fields[]>(lab(), host, `/nodes/${host}/sdn/zones`);
    assert.ok(
      status.every((each) => each.status === 'available'),
      JSON.stringify(status),
    );
    const links = await lab().byHand(host, 'ip -d -o link');
    for (const [name, what] of [
      ['eno2', 'mtu 9000'],
      ['vmbr1', 'mtu 9000 .*vlan_filtering 1'],
      ['vmbr2', 'vlan_filtering 1 vlan_protocol 802.1ad'],
      ['vmbr1\\.20', 'vlan protocol 802.1Q id 20'],
      ['vmbr2\\.300', 'vlan protocol 802.1ad id 300'],
      ['z_carrier\\.30', 'vlan protocol 802.1Q id 30'],
      ['vxlan_backup1', 'mtu 8950 .*vxlan id 30001'],
      ['red', 'mtu 1450 .* master vrf_red'],
    ])
      assert.match(links, new RegExp(`: ${name}[@:].* ${what}`), `${host}: ${name}`);
    assert.match(await lab().byHand(host, 'nft list table inet tightbeam_mss'), 'maxseg size set rt mtu');
  }
}, 120_000);

test('verify is green: jumbo frames whole, WireGuard and BGP from each to each', async () => {
  const verified = await run('verify_cluster');
  assert.is(verified.code, 0, said(verified));
  assert.match(said(verified), '9000 bytes whole');
}, 300_000);

/** Pings until one comes through whole. */
const reaches = async (host: string, space: string, to: string, size: number): Promise<void> => {
  const ping = `ip netns exec ${space} ping -q -c 1 -W 3 -M do -s ${size - 28} ${to}`;
  const answer = await lab().byHand(
    host,
    `for i in $(seq 20); do ${ping} >/dev/null 2>&1 && echo reached && exit; sleep 1; done; ${ping} 2>&1; true`,
  );
  assert.is(answer, 'reached\n', `${host} ${space} ${to}`);
};

test('two tenants with the same addresses reach their own guests, with whole packets of the zone’s MTU', async () => {
  for (const vm of ['202', '212']) await reaches('wro', `vm${vm}`, '10.100.0.11', 1450);
  const mac = async (vm: string): Promise<string> => {
    const config = await got<Fields>(lab(), 'roz', `/nodes/roz/qemu/${vm}/config`);
    assert.match(String(config.net0), /mtu=1450$/);
    return (/virtio=([^,]*)/.exec(String(config.net0))?.[1] ?? '').toLowerCase();
  };
  for (const [far, near] of [
    ['201', '202'],
    ['211', '212'],
  ] as const)
    assert.match(
      await lab().byHand('wro', `ip netns exec vm${near} ip neigh show 10.100.0.11`),
      await mac(far),
    );
}, 120_000);

/** A guest by hand, on the vnet. */
const onVnet = (vnet: string, address: string, mtu: number): string =>
  `ip netns add t-${vnet}; ip link add t-${vnet} type veth peer name eth0 netns t-${vnet}
ip link set t-${vnet} mtu ${mtu} master ${vnet} up
ip -n t-${vnet} link set eth0 mtu ${mtu} up; ip -n t-${vnet} address add ${address}/24 dev eth0`;

for (const [vnet, net, mtu] of [
  ['office20', '10.71.0', 1500],
  ['branch', '10.72.0', 1500],
  ['backup1', '10.73.0', 8950],
] as const) {
  test(`guests on ${vnet} reach each other over the nodes, ${mtu} bytes whole`, async () => {
    await lab().byHand('wro', onVnet(vnet, `${net}.2`, mtu));
    await lab().byHand('lub', onVnet(vnet, `${net}.3`, mtu));
    await reaches('wro', `t-${vnet}`, `${net}.3`, mtu);
  }, 120_000);
}

test('names of gateways are in DNS, and DHCP runs for the zone on each node', async () => {
  const names = await lab().byHand(
    'roz',
    'dig +short -p 5300 @127.0.0.1 guests1-gw.guests.lab.example.net A; dig +short -p 5300 @127.0.0.1 -x 10.60.0.1',
  );
  assert.is(names, '10.60.0.1\nguests1-gw.guests.lab.example.net.\n');
  for (const host of NODES) {
    const dhcp = await lab().byHand(
      host,
      'systemctl is-active dnsmasq@guests; systemctl is-enabled dnsmasq; cat /etc/dnsmasq.d/guests/10-guests1.conf; true',
    );
    assert.match(dhcp, /^active\ndisabled\n/);
    assert.match(dhcp, 'dhcp-option=tag:guests-10.60.0.0-24,option:dns-server,192.0.2.53');
  }
}, 60_000);

test('a node whose bridge takes no jumbo frames is found', async () => {
  await lab().byHand('lub', 'ip link set vmbr1 mtu 1500');
  const verified = await run('verify_cluster');
  assert.is(verified.code, 2, said(verified));
  assert.match(verified.failure('lub'), /1500|9000/);
  await lab().byHand('lub', 'ip link set vmbr1 mtu 9000');
}, 300_000);
