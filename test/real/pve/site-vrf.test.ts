/**
 * Sites of Proxmox by runbooks/provision.yaml on kernels that have VRF: their guests reach each other and, by their own exit
 * node, the outside; verify is green, and names the cause of eight faults, planted by hand one at a time. The firewall's rules
 * are in the kernel there: what they close is closed.
 */
import { createServer } from 'node:http';
import type { Finished, LabProject } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { becomeNode, SITE_PACKAGES, siteInventory } from '../../fixture/pve/site.ts';
import { assert } from '../../suite.ts';

const HOSTS = ['roz', 'wro'] as const;
/** What the page outside says, and whom it was served to. */
const seen: (string | undefined)[] = [];
const outside = createServer((request, response) => {
  seen.push(request.socket.remoteAddress);
  response.end(`for ${request.socket.remoteAddress}\n`);
});

/** Where both hosts' default route leads. */
const outsideOf = (project: LabProject): string => project.address('roz').replace(/\d+$/, '1');

const { test, lab } = labSuite(
  'sites of Proxmox with VRF',
  2,
  async (project) => {
    const more = ['forward_policy: DROP', 'guest_agent: true'];
    const hosts = { roz: more, wro: [...more, 'guest: 10.2.1.9/24'] };
    project.inventory('two', siteInventory(project, HOSTS, hosts, false));
    await new Promise<void>((resolve) => outside.listen(8099, outsideOf(project), resolve));
    for (const host of HOSTS) await becomeNode(project, host, true);
  },
  {
    driver: 'uml',
    packages: [...SITE_PACKAGES.filter((name) => name !== 'wireguard-go'), 'curl', 'iptables'],
  },
);
test.after(async () => {
  outside.close();
});
const said = (run: Finished): string => run.out + run.err;
const verify = (): Promise<Finished> => lab().run(['verify', 'inventory/two']);
const page = (): string => `http://${outsideOf(lab())}:8099/`;

test('from nothing to two sites, and a second run that finds nothing', async () => {
  const run = await lab().run(['provision', 'inventory/two']);
  assert.is(run.code, 0, said(run));
  const again = await lab().run(['provision', 'inventory/two']);
  assert.is(again.code, 0, said(again));
  assert.equal(again.of('change'), []);
}, 600_000);

test('guests of the two sites reach each other with whole packets', async () => {
  for (const [host, to] of [
    ['roz', '10.2.1.9'],
    ['wro', '10.1.1.11'],
  ] as const) {
    const ping = `ip netns exec vm123 ping -q -c 2 -W 2 -M do -s ${1370 - 28} ${to}`;
    const answer = await lab().byHand(
      host,
      `for i in $(seq 20); do ${ping} >/dev/null 2>&1 && echo reached && exit; sleep 1; done; ${ping} 2>&1; vtysh -c 'show bgp l2vpn evpn'; nft list ruleset; true`,
    );
    assert.is(answer, 'reached\n');
  }
}, 240_000);

test('verify is green line by line, and each guest has come to the page by its own exit node', async () => {
  seen.length = 0;
  const run = await verify();
  assert.is(run.code, 0, said(run));
  assert.equal(
    [...new Set(seen)].sort(),
    HOSTS.map((host) => lab().address(host)),
  );
  const lines = run
    .of('check')
    .flatMap(({ host, step, text }) => (host === 'roz' ? [`${step}: ${text}`] : []));
  const plain = lines.map((line) =>
    line
      .replace(/[\d.]+ (ms|s|min)\b/g, 'N')
      .replace(/bc:24:11(:\w\w){3}/g, 'MAC')
      .replace(/(type \d: )\d+/g, '$1N')
      .replaceAll(lab().address('roz'), 'ROZ')
      .replace(page(), 'PAGE'),
  );
  assert.equal(plain, [
    'kernel: net.ipv4.ip_forward = 1',
    'kernel: net.ipv4.conf.all.rp_filter = 0',
    'underlay: wg0 10.1.0.1, UDP 51820, MTU 1420, 1 peer',
    'underlay: handshake with wro N ago, N',
    'forwarding: wg0 forwards, rp_filter 0',
    'forwarding: crossvnt forwards, rp_filter 0',
    'routing: AS 65000, router-id 10.1.0.1',
    'routing: BGP with wro up for N, BFD up, EVPN routes type 2: N, type 3: N',
    'routing: 10.1.1.11 has MAC MAC, a type-2 route of this host',
    'routing: 10.2.1.9 has MAC MAC, a type-2 route from wro',
    'exit: guests of 10.1.1.0/24 leave by eth0 as ROZ, let through by group-tf-cluster-sg-sdn-forward; no local routing',
    'way: 10.2.1.9 is reached by the overlay, by vrfbr_crossite, from 10.1.1.1, in vrf_crossite',
    'guests: 10.2.1.9 answers in N, 1370 bytes whole, in guest 123',
    'outside: PAGE answered 200, which saw ROZ, in guest 123',
  ]);
}, 120_000);

const rule = (port: string): string =>
  `pvesh create /nodes/wro/firewall/rules --type in --action DROP --enable 1 ${port}`;
const NO_RULE = 'pvesh delete /nodes/wro/firewall/rules/0';
const zone = (settings: string): string =>
  `pvesh set /cluster/sdn/zones/crossite ${settings} && pvesh set /cluster/sdn >/dev/null 2>&1`;
const GROUP = '/cluster/firewall/groups/tf-cluster-sg-sdn';

interface Plant {
  readonly name: string;
  /** What is done on wro by hand, and what takes it back. */
  readonly plant: string;
  readonly mend: string;
  /** What must be named there before anything else. */
  readonly cause: RegExp;
  /** What wro's guest cannot do meanwhile. */
  readonly cut?: () => string;
}
const ping = (): string => 'ping -q -c 1 -W 2 10.1.1.11';
const fetch = (): string => `curl -sS -m 3 ${page()}`;

const PLANTS: readonly Plant[] = [
  {
    name: 'local routing on',
    plant: zone('--exitnodes-local-routing 1'),
    mend: zone('--exitnodes-local-routing 0'),
    cause: /^local routing is on: the exit node has the interface xvrf_crossite/,
  },
  {
    name: 'ip_forward off',
    plant: 'sysctl -qw net.ipv4.ip_forward=0',
    mend: 'sysctl -qw net.ipv4.ip_forward=1',
    cause: /^forwarding is off/,
    cut: fetch,
  },
  {
    name: 'rp_filter 1',
    plant: 'sysctl -qw net.ipv4.conf.all.rp_filter=1',
    mend: 'sysctl -qw net.ipv4.conf.all.rp_filter=0',
    cause: /^rp_filter is strict/,
  },
  {
    name: 'forward rule gone',
    plant: `pvesh delete ${GROUP}/6`,
    mend: `pvesh create ${GROUP} --type forward --action ACCEPT --enable 1 --source +sdn/crossvnt-all --dest 0.0.0.0/0 --log err --comment 'guests out'; pvesh set ${GROUP}/0 --moveto 7`,
    cause:
      /^a forward rule is missing: the firewall does not let guests of 10\.2\.1\.0\/24 out \(table inet proxmox-firewall, chain cluster-forward: drop\)/,
    cut: fetch,
  },
  {
    name: 'UDP 4789 closed',
    plant: rule('--proto udp --dport 4789'),
    mend: NO_RULE,
    cause:
      /^UDP 4789 is closed on this host: table inet proxmox-firewall, chain host-in: udp dport 4789 drop/,
    cut: ping,
  },
  {
    name: 'TCP 179 closed',
    plant: rule('--proto tcp --dport 179'),
    mend: NO_RULE,
    cause: /^TCP 179 is closed on this host: table inet proxmox-firewall, chain host-in: tcp dport 179 drop/,
  },
  {
    name: 'MTU 1450',
    plant: zone('--mtu 1450'),
    mend: zone('--mtu 1370'),
    cause: /^MTU too large: \w+ has 1450 where 1370 fits \(1420 of wg0 − 50 for VXLAN\)/,
  },
  {
    name: 'WireGuard down',
    plant: 'systemctl stop wg-quick@wg0',
    mend: 'systemctl start wg-quick@wg0',
    cause: /^WireGuard is down: the interface wg0 is not there/,
    cut: ping,
  },
];

for (const { name, plant, mend, cause, cut } of PLANTS) {
  test(`planted: ${name}: verify turns red and names it first`, async () => {
    await lab().byHand('wro', plant);
    let red: Finished;
    try {
      red = await verify();
      if (cut) {
        const { rc } = await lab().ssh('wro', `ip netns exec vm123 ${cut()}`);
        assert.ok(rc !== 0, 'the guest does not feel it');
      }
    } finally {
      await lab().byHand('wro', mend);
    }
    assert.is(red.code, 2, said(red));
    const [first] = red.of('step').filter(({ host, failure }) => host === 'wro' && failure);
    assert.match(first?.failure?.message.split('\n')[0] ?? '', cause, said(red));
    assert.is(red.recap('wro').failed, 1, 'what follows from it is left out');
    const green = await verify();
    assert.is(green.code, 0, said(green));
  }, 240_000);
}

test('what was planted and mended has left no difference to the runbook', async () => {
  const dry = await lab().run(['provision', 'inventory/two', '--dry-run', '--detailed-exitcode']);
  assert.is(dry.code, 0, said(dry));
}, 120_000);
