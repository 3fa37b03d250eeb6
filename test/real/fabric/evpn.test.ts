/** An overlay between two real hosts without VRF: packets, drift of its links, a way out, a reboot, and its removal. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { assert } from '../../suite.ts';

/** Straight over the line below, so the overlay has 1500 - 50 bytes; two networks, one of them on both hosts. */
const RUNBOOK = `name: Overlay
hosts: lab
vars: { state: present }
steps:
  - { id: kernel, task: sysctl, with: { values: { net.ipv4.ip_forward: 1, net.ipv4.conf.all.rp_filter: 0 } } }
  - id: overlay
    task: evpn
    with:
      state: "\${{ vars.state }}"
      local: "\${{ host.address }}"
      peers: lab
      vrf: { vni: 99999 }
      networks:
        - { name: vnet1, vni: 100000, gateway: "\${{ host.vars.gateway }}", snat: true }
        - { name: lan, vni: 100001, gateway: 10.9.0.1/24, mac: "02:00:00:00:09:01" }
  - id: routing
    task: frr
    when: vars.state == "present"
    with: { daemons: [bgpd], bgp: { asn: 65000, peers: lab } }
`;

const LINKS = ['br_l3', 'lan', 'vnet1', 'vx_l3', 'vx_lan', 'vx_vnet1'];
const TABLE = 'nft-table:ip tightbeam_snat_main';

const { test, lab } = labSuite('evpn', 2, async (project) => {
  project.write('runbooks/overlay.yaml', RUNBOOK);
});

const overlay = (...words: readonly string[]): Promise<Finished> =>
  lab().run(['overlay', 'inventory/lab', ...words]);
const said = (run: Finished): string => run.out + run.err;
const keysOf = (run: Finished, host: string): readonly string[] =>
  run
    .of('change')
    .filter((change) => change.host === host)
    .map(({ key }) => key);

/** A guest of the network: a namespace with one NIC, a port of the bridge. */
async function guest(
  host: string,
  name: string,
  bridge: string,
  address: string,
  gateway: string,
): Promise<void> {
  await lab().byHand(
    host,
    `ip netns add ${name}; ip link add ${name} mtu 1450 type veth peer name eth0 mtu 1450 netns ${name} || exit
ip link set ${name} master ${bridge} up; ip -n ${name} link set lo up; ip -n ${name} link set eth0 up
ip -n ${name} address add ${address} dev eth0 && ip -n ${name} route add default via ${gateway}`,
  );
}

async function guests(): Promise<void> {
  await guest('roz', 'vm', 'vnet1', '10.1.1.11/24', '10.1.1.1');
  await guest('wro', 'vm', 'vnet1', '10.2.1.9/24', '10.2.1.1');
  await guest('roz', 'pc', 'lan', '10.9.0.11/24', '10.9.0.1');
  await guest('wro', 'pc', 'lan', '10.9.0.12/24', '10.9.0.1');
}

/** From guest to guest, in one packet that must not be cut; BGP may need some seconds to tell of it. */
async function reaches(host: string, name: string, to: string, size = 1450): Promise<boolean> {
  const ping = `ip netns exec ${name} ping -q -c 1 -W 1 -M do -s ${size - 28} ${to}`;
  return (
    (await lab().byHand(
      host,
      `for i in 1 2 3 4 5 6 7 8 9 10; do ${ping} >/dev/null 2>&1 && echo yes && exit; sleep 0.5; done; echo no`,
    )) === 'yes\n'
  );
}

async function all(): Promise<void> {
  assert.ok(await reaches('roz', 'vm', '10.2.1.9'), 'routed to wro');
  assert.ok(await reaches('wro', 'vm', '10.1.1.11'), 'routed to roz');
  assert.ok(await reaches('roz', 'pc', '10.9.0.12'), 'bridged to wro');
  assert.ok(await reaches('wro', 'pc', '10.9.0.11'), 'bridged to roz');
}

/** Since when the session is up, in seconds of the other's clock. */
async function sessionSince(host: string): Promise<number> {
  const text = await lab().byHand(host, "vtysh -c 'show bgp neighbors json'");
  const [peer] = Object.values(
    JSON.parse(text) as Record<string, { readonly bgpTimerUpEstablishedEpoch?: number }>,
  );
  return peer?.bgpTimerUpEstablishedEpoch ?? 0;
}

test('from bare hosts in one run: whole packets are routed and bridged both ways, the next run finds nothing', async () => {
  const run = await overlay();
  assert.is(run.code, 0, said(run));
  await guests();
  await all();
  assert.not.ok(
    await lab()
      .ssh('roz', 'ip netns exec vm ping -q -c 1 -W 1 -M do -s 1423 10.2.1.9')
      .then(({ rc }) => rc === 0),
    'one byte more',
  );
  const again = await overlay();
  assert.is(again.code, 0, said(again));
  assert.equal(again.of('change'), []);
}, 240_000);

test('a guest fetches a page outside by its own host, with the address of that host', async () => {
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.socket.remoteAddress);
    response.end('page of the outside\n');
  });
  const outside = lab().address('roz').replace(/\d+$/, '1');
  await new Promise<void>((resolve) => server.listen(0, outside, resolve));
  const { port } = server.address() as AddressInfo;
  const fetch = `exec 3<>/dev/tcp/${outside}/${port}; printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3; cat <&3`;
  try {
    for (const host of ['roz', 'wro']) {
      const page = await lab().byHand(host, `ip netns exec vm timeout 10 bash -c '${fetch}'`);
      assert.match(page, 'page of the outside');
    }
  } finally {
    server.close();
  }
  assert.equal(seen, [lab().address('roz'), lab().address('wro')]);
}, 60_000);

/** What is done by hand, the link that is put right, and in which words. */
type Fault = readonly [script: string, key: string, summary: RegExp];

/** What can be wrong at the same time, and comes in the order in which it is put right. */
const DRIFT: readonly (readonly Fault[])[] = [
  [
    ['ip link set vx_l3 type vxlan id 99999 local 192.0.2.1', 'link:vx_l3', /^local 192\.0\.2\.1 → /],
    ['ip link set vnet1 mtu 1400', 'link:vnet1', /^mtu 1400 → 1450$/],
    ['ip link set vx_vnet1 type vxlan id 100000 learning', 'link:vx_vnet1', /^learning true → false$/],
    ['ip link set lan down', 'link:lan', /^state down → up$/],
    ['ip link set vx_lan nomaster', 'link:vx_lan', /^master none → lan, port learning none → false/],
    ['nft flush chain ip tightbeam_snat_main postrouting', TABLE, /./],
  ],
  [
    [
      'ip addr flush dev vnet1; ip addr add 10.1.1.2/24 dev vnet1',
      'link:vnet1',
      /10\.1\.1\.2\/24 → 10\.1\.1\.1\/24$/,
    ],
    ['ip link set lan type bridge stp_state 1', 'link:lan', /^stp_state 1 → 0$/],
    [
      'bridge link set dev vx_lan learning on neigh_suppress off',
      'link:vx_lan',
      /^port learning true → false, port neigh_suppress false → true$/,
    ],
  ],
  [
    // With the first address of a subnet the kernel takes away the others.
    [
      'ip addr flush dev vnet1; ip addr add 10.1.1.2/24 dev vnet1; ip addr add 10.1.1.1/24 dev vnet1',
      'link:vnet1',
      /^addresses 10\.1\.1\.1\/24 10\.1\.1\.2\/24 → 10\.1\.1\.1\/24$/,
    ],
    [
      'ip link del vx_lan; ip link add vx_lan type vxlan id 5 dstport 4789',
      'link:vx_lan',
      /^make the vxlan anew: id 100001/,
    ],
  ],
  [
    ['ip link del br_l3', 'link:br_l3', /^make the bridge/],
    [':', 'link:vx_l3', /^master none → br_l3/],
    [
      'ip link set vnet1 address 02:aa:00:00:00:01',
      'link:vnet1',
      /^mac 02:aa:00:00:00:01 → 02:00:5e:01:86:a0$/,
    ],
  ],
];

test('whatever is changed by hand is found and named, put right in place, and the session stays up', async () => {
  const since = await sessionSince('roz');
  assert.ok(since > 0);
  for (const faults of DRIFT) {
    await lab().byHand('roz', faults.map(([script]) => script).join('\n'));
    const run = await overlay();
    assert.is(run.code, 0, said(run));
    assert.equal(
      keysOf(run, 'roz'),
      faults.map(([, key]) => key),
    );
    assert.equal(keysOf(run, 'wro'), []);
    const changes = run.of('change');
    faults.forEach(([, , summary], index) => {
      assert.match(changes[index]?.summary ?? '', summary);
    });
  }
  const dry = await overlay('--dry-run', '--detailed-exitcode');
  assert.is(dry.code, 0, said(dry));
  // FRR makes it of the clock and the age, each in whole seconds.
  assert.ok(Math.abs((await sessionSince('roz')) - since) <= 1, 'the same session');
  await all();
}, 180_000);

test('another AS number, which bgpd takes only when it has let go of its routed VNI', async () => {
  lab().write('runbooks/overlay.yaml', RUNBOOK.replace('asn: 65000', 'asn: 4200000007'));
  const run = await overlay();
  assert.is(run.code, 0, said(run));
  assert.match(await lab().byHand('roz', "vtysh -c 'show bgp summary'"), 'local AS number 4200000007');
  assert.equal((await overlay()).of('change'), []);
  await all();
}, 90_000);

test('after a true reboot of both the overlay is up by itself, and a dry run finds nothing', async () => {
  await Promise.all(['roz', 'wro'].map((host) => lab().reboot(host)));
  await guests();
  await all();
  const dry = await overlay('--dry-run', '--detailed-exitcode');
  assert.is(dry.code, 0, said(dry));
}, 120_000);

test('taken away: nothing of it is left, and nothing comes back at boot', async () => {
  const run = await overlay('--extra-vars', 'state=absent');
  assert.is(run.code, 0, said(run));
  const left = await lab().byHand(
    'roz',
    `ls /sys/class/net /etc/tightbeam/network.d /etc/tightbeam/nftables.d; nft list tables`,
  );
  for (const name of [...LINKS, 'evpn', 'snat']) assert.not.match(left, new RegExp(`\\b${name}`), left);
  const again = await overlay('--extra-vars', 'state=absent');
  assert.equal(again.of('change'), []);
}, 60_000);
