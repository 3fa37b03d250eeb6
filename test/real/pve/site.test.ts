/** Sites of Proxmox from nothing by runbooks/provision.yaml: the stand-in for pvesh, real FRR and WireGuard beneath it. */
import { forecast } from '../../fixture/forecast.ts';
import type { Finished } from '../../fixture/lab-run.ts';
import { labSuite } from '../../fixture/lab-suite.ts';
import { becomeNode, got, SITE_PACKAGES, siteInventory } from '../../fixture/pve/site.ts';
import { assert } from '../../suite.ts';

const HOSTS = ['roz', 'wro'] as const;
const { test, lab } = labSuite(
  'sites of Proxmox',
  3,
  async (project) => {
    project.inventory('two', siteInventory(project, HOSTS));
    project.inventory('three', siteInventory(project, [...HOSTS, 'lub']));
    await Promise.all([...HOSTS, 'lub'].map((host) => becomeNode(project, host)));
  },
  { packages: SITE_PACKAGES },
);
const world: { dry?: Finished } = {};
const provision = (...flags: readonly string[]): Promise<Finished> =>
  lab().run(['provision', 'inventory/two', ...flags]);
const said = (run: Finished): string => run.out + run.err;

test('a dry run on bare nodes ends well', async () => {
  const dry = await provision('--dry-run');
  world.dry = dry;
  assert.is(dry.code, 0, said(dry));
}, 120_000);

test('one run from nothing to two sites, change by change as the dry run had foretold', async () => {
  const run = await provision();
  assert.is(run.code, 0, said(run));
  if (!world.dry) throw new Error('no dry run');
  for (const host of HOSTS) {
    const { wrong, later } = forecast(world.dry, run, host);
    assert.equal(wrong, [], host);
    assert.equal(later, [], host);
  }
}, 300_000);

type Fields = Readonly<Record<string, unknown>>;

/** An object without what Proxmox makes itself. */
const plain = ({ digest: _, mac: __, ...rest }: Fields): Fields => rest;

test('the sites have the objects of the write-up, and BGP and BFD between them', async () => {
  for (const [index, host] of HOSTS.entries()) {
    const site = index + 1;
    const list = async (path: string): Promise<readonly Fields[]> =>
      (await got<Fields[]>(lab(), host, path)).map(plain);
    assert.equal(await list('/cluster/sdn/controllers'), [
      { asn: 65000, controller: 'evpnctl', peers: '10.1.0.1,10.2.0.1', type: 'evpn' },
    ]);
    const [zone, ...others] = await list('/cluster/sdn/zones');
    assert.equal(others, []);
    assert.equal(zone, {
      controller: 'evpnctl',
      exitnodes: host,
      ipam: 'pve',
      mtu: 1370,
      type: 'evpn',
      'vrf-vxlan': 99999,
      zone: 'crossite',
    });
    assert.equal(await list('/cluster/sdn/vnets'), [
      { alias: 'Cross-site EVPN network', tag: 100000, type: 'vnet', vnet: 'crossvnt', zone: 'crossite' },
    ]);
    const [subnet] = await list('/cluster/sdn/vnets/crossvnt/subnets');
    assert.equal([subnet?.cidr, subnet?.gateway, subnet?.snat], [`10.${site}.1.0/24`, `10.${site}.1.1`, 1]);
    const rules = (path: string): Promise<readonly string[]> =>
      list(path).then((all) =>
        all.map(({ type, action, macro, iface, source, dest, proto, dport, enable }) =>
          [type, action, macro, iface, source, dest, proto, dport, enable].filter(Boolean).join(' '),
        ),
      );
    const tunnels = '10.1.0.1,10.2.0.1';
    assert.equal(await rules('/cluster/firewall/groups/tf-cluster-sg-sdn'), [
      'in ACCEPT 0.0.0.0/0 udp 51820 1',
      `in ACCEPT ${tunnels} tcp 179 1`,
      `in ACCEPT ${tunnels} udp 4789 1`,
      `in ACCEPT ${tunnels} udp 3784 1`,
      'forward ACCEPT 10.0.0.0/8 +sdn/crossvnt-all 1',
      'in ACCEPT +sdn/crossvnt-no-gateway +sdn/crossvnt-gateway 1',
      'forward ACCEPT +sdn/crossvnt-all 0.0.0.0/0 1',
    ]);
    assert.equal(await rules('/cluster/firewall/rules'), [
      'in ACCEPT SSH 198.18.0.0/15 1',
      'in ACCEPT 198.18.0.0/15 tcp 8006 1',
      'group tf-cluster-sg-sdn 1',
    ]);
    assert.equal(await rules(`/nodes/${host}/firewall/rules`), [
      `in ACCEPT wg0 ${tunnels} icmp 1`,
      `in ACCEPT wg0 ${tunnels} tcp 179 1`,
      `in ACCEPT wg0 ${tunnels} udp 4789,3784,4784 1`,
    ]);
    const options = async (path: string): Promise<Fields> => plain(await got<Fields>(lab(), host, path));
    assert.equal(await options('/cluster/firewall/options'), { enable: 1, policy_in: 'DROP' });
    assert.equal(await options(`/nodes/${host}/firewall/options`), { nftables: 1 });
    const guest = await options(`/nodes/${host}/qemu/123/config`);
    assert.match(String(guest.net0), /^virtio=[0-9A-F:]{17},bridge=crossvnt,firewall=1,mtu=1$/);
    assert.match(String(guest.net1), /^virtio=[0-9A-F:]{17},bridge=vmbr0,firewall=1$/);
    assert.is(guest.ipconfig0, `ip=10.${site}.1.11/24,gw=10.${site}.1.1`);
    assert.is((await options(`/nodes/${host}/qemu/123/status/current`)).status, 'running');
    const bgp = await lab().byHand(
      host,
      `for i in $(seq 30); do vtysh -c 'show bfd peers brief' | grep -q ' up ' && break; sleep 1; done
vtysh -c 'show bgp summary json' -c 'show bfd peers brief'`,
    );
    assert.match(bgp, `"routerId":"10.${site}.0.1"`);
    assert.match(bgp, '"state":"Established"');
    assert.match(bgp, / up +\n?/);
  }
}, 120_000);

test('the second run changes nothing, in one round trip', async () => {
  const run = await provision();
  assert.is(run.code, 0, said(run));
  assert.equal(run.of('change'), []);
  for (const host of HOSTS) assert.is(run.recap(host).roundTrips, 1);
}, 120_000);

test('a host that is not what its group says is refused, with both places', async () => {
  const text = siteInventory(lab(), HOSTS).replace(
    /(wro:[\s\S]*?)groups: \[fabric, proxmox\]/,
    '$1groups: [fabric, linux]',
  );
  lab().inventory('wrong', text);
  const run = await lab().run(['provision', 'inventory/wrong']);
  assert.is(run.code, 2, said(run));
  assert.is(run.recap('wro').changed, 0);
  assert.match(
    run.out + run.err,
    /FAILED is_linux: wro is in the group linux, and Proxmox VE is installed there/,
  );
  assert.match(run.failure('wro'), /the host stands at inventory\/wrong\/hosts\.yaml:\d+:3/);
  assert.match(
    run.of('step').find((step) => step.failure)?.failure?.place ?? '',
    /runbooks\/provision\.yaml:\d+:\d+/,
  );
}, 60_000);

/** What a run changed on a host: `key action`. */
const changes = (run: Finished, host: string): readonly string[] =>
  run.of('change').flatMap((change) => (change.host === host ? [`${change.key} ${change.action}`] : []));

test('a site more: the others get what names it, and nothing else', async () => {
  const run = await provision3();
  assert.is(run.code, 0, said(run));
  for (const host of HOSTS)
    assert.equal(changes(run, host), [
      'wireguard-conf:wg0 update',
      'wireguard:wg0 update',
      'link:wg0 update',
      'pve:/cluster/sdn/controllers/evpnctl update',
      'pve:/cluster/sdn reload',
      'pve:/cluster/firewall/groups/tf-cluster-sg-sdn update',
      `pve:/nodes/${host}/firewall/rules update`,
      'pve:/cluster/firewall/groups/sdntest update',
    ]);
  const again = await provision3();
  assert.is(again.code, 0, said(again));
  assert.equal(again.of('change'), []);
}, 240_000);

const provision3 = (...flags: readonly string[]): Promise<Finished> =>
  lab().run(['provision', 'inventory/three', ...flags]);

/** Somebody changes the vnet by hand, so that the next run has something to mend and to apply. */
const meddled = (host: string): Promise<string> =>
  lab().byHand(
    host,
    'pvesh set /cluster/sdn/vnets/crossvnt --alias meddled </dev/null && pvesh set /cluster/sdn >/dev/null 2>&1',
  );

const setting = (host: string, ...lines: readonly string[]): Promise<string> =>
  lab().byHand(host, lines.map((line) => `echo '${line}' >>/etc/pve-stand-in`).join('\n'));

/** A run that ends well, and one behind it that finds nothing. */
async function converges(): Promise<Finished> {
  const run = await provision3();
  assert.is(run.code, 0, said(run));
  const again = await provision3();
  assert.is(again.code, 0, said(again));
  assert.equal(again.of('change'), []);
  return run;
}

test('fault: a node that could not reload, while pvesh says that all is well', async () => {
  await meddled('wro');
  await setting('wro', 'once fail reload wro no space left');
  const run = await provision3();
  assert.is(run.code, 2, said(run));
  assert.match(run.failure('wro'), 'node wro could not reload its network: no space left');
  assert.match(run.failure('wro'), 'run again');
  const mended = await converges();
  assert.equal(changes(mended, 'wro'), ['pve:/cluster/sdn reload']);
}, 120_000);

test('fault: a lock that a run has left behind', async () => {
  await meddled('roz');
  await lab().byHand('roz', 'pvesh create /cluster/sdn/lock >/dev/null');
  const run = await provision3();
  assert.is(run.code, 2, said(run));
  assert.match(run.failure('roz'), /locked by somebody, or by a run that has died/);
  const [cure = ''] = /pvesh delete [^`]*/.exec(run.failure('roz')) ?? [];
  await lab().byHand('roz', cure);
  await converges();
}, 120_000);

/** Once, when such a call begins, somebody changes the vnet. */
const MEDDLER = (call: string): string => `cat >/srv/tools/meddler <<'EOF'
#!/bin/sh
[ "$1 $2" = "${call}" ] && sed -i 's/meddled/meddled again/' /etc/pve/sdn/vnets.cfg && rm /srv/tools/meddler
exit 0
EOF
chmod 755 /srv/tools/meddler; echo 'hook /srv/tools/meddler' >>/etc/pve-stand-in`;

for (const [name, call] of [
  ['a digest that is stale', 'set /cluster/sdn/vnets/crossvnt'],
  ['an object that is changed by hand between reading and writing', 'set /cluster/sdn/controllers/evpnctl'],
] as const) {
  test(`fault: ${name} is read once more, and mended`, async () => {
    await lab().byHand('roz', 'pvesh set /cluster/sdn/controllers/evpnctl --peers 10.1.0.1');
    await meddled('roz');
    await lab().byHand('roz', MEDDLER(call));
    const run = await converges();
    assert.is(await lab().byHand('roz', 'ls /srv/tools'), 'frr-reload.py\n');
    const [vnet] = run.of('change').filter(({ key }) => key.endsWith('/vnets/crossvnt'));
    assert.match(JSON.stringify(vnet), 'meddled again');
    await lab().byHand('roz', "sed -i '/^hook/d' /etc/pve-stand-in");
  }, 120_000);
}

test('fault: FRR is missing', async () => {
  await lab().byHand('wro', 'dpkg --purge frr-pythontools frr >/dev/null 2>&1; rm -rf /etc/frr');
  const run = await converges();
  assert.ok(changes(run, 'wro').includes('pve:/cluster/sdn reload'), said(run));
  assert.match(await lab().byHand('wro', 'vtysh -c "show running-config"'), 'bgp router-id 10.2.0.1');
}, 240_000);

test('fault: WireGuard was down at an apply', async () => {
  await lab().byHand('roz', 'systemctl stop wg-quick@wg0; pvesh set /cluster/sdn >/dev/null 2>&1');
  assert.match(await lab().byHand('roz', 'cat /etc/frr/frr.conf'), `bgp router-id ${lab().address('roz')}`);
  const run = await converges();
  assert.equal(changes(run, 'roz'), ['unit:wg-quick@wg0.service start', 'pve:/cluster/sdn reload']);
  assert.match(await lab().byHand('roz', 'cat /etc/frr/frr.conf'), 'bgp router-id 10.1.0.1');
}, 120_000);

test('fault: the task of a VM dies, and pvesh ends with 0', async () => {
  await lab().byHand('wro', 'pvesh create /nodes/wro/qemu/123/status/stop >/dev/null 2>&1');
  await setting('wro', 'once fail task qmstart no memory left');
  const run = await provision3();
  assert.is(run.code, 2, said(run));
  assert.match(run.failure('wro'), 'the task on node wro ended with: no memory left');
  await converges();
}, 120_000);

test('fault: an exit node that is mistyped', async () => {
  lab().inventory('typo', siteInventory(lab(), [...HOSTS, 'lub'], { wro: ['exit_nodes: [wroo]'] }));
  const run = await lab().run(['provision', 'inventory/typo']);
  assert.is(run.code, 1, said(run));
  assert.match(said(run), /exit node wroo is no host of the inventory[\s\S]*did you mean "wro"/);
  assert.equal(run.of('step'), []);
}, 60_000);

test('fault: pvesh hangs', async () => {
  await setting('roz', 'hang ^get /cluster/sdn/zones');
  const run = await provision3();
  await lab().byHand('roz', "sed -i '/^hang/d' /etc/pve-stand-in");
  assert.is(run.code, 2, said(run));
  assert.match(
    run.failure('roz'),
    /pvesh get \/cluster\/sdn\/zones --pending 1 on node roz .*within \d+ seconds: see whether the cluster has quorum/,
  );
  assert.is(run.recap('wro').changed, 0);
  await converges();
}, 300_000);

test('teardown takes away in the order in which Proxmox lets go, and leaves who administers the nodes in', async () => {
  const run = await lab().run(['teardown', 'inventory/three']);
  assert.is(run.code, 0, said(run));
  for (const host of HOSTS) {
    for (const path of ['/cluster/sdn/controllers', '/cluster/sdn/zones', '/cluster/sdn/vnets'])
      assert.equal(await got(lab(), host, `${path} --pending 1`), [], path);
    assert.equal(await got(lab(), host, '/cluster/firewall/groups'), []);
    assert.equal(await got(lab(), host, `/nodes/${host}/qemu`), []);
    const rules = await got<Fields[]>(lab(), host, '/cluster/firewall/rules');
    assert.equal(
      rules.map(({ comment }) => comment),
      ['[admin] SSH', '[admin] web interface'],
    );
  }
  const again = await lab().run(['teardown', 'inventory/three']);
  assert.is(again.code, 0, said(again));
  assert.equal(again.of('change'), []);
}, 120_000);

test('and the sites are set up once more', async () => {
  await converges();
}, 240_000);
