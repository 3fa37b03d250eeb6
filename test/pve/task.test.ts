/** The tasks for Proxmox in the engine, against the stand-in: they converge, and the next run finds nothing to do. */
import { hostname } from 'node:os';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { lifeAsNode } from '../fixture/pve/lab-node.ts';
import { assert, suite } from '../suite.ts';

const test = suite('tasks of Proxmox on the stand-in');

/** All hosts of a fleet have the name of this machine. */
const node = hostname().replace(/\..*/, '');

const SITE = `
steps:
  - task: pve_sdn_controller
    with: { id: evpnctl, type: evpn, asn: 65000, peers: [10.2.0.1, 10.1.0.1] }
  - task: pve_sdn_zone
    with: { id: crossite, type: evpn, controller: evpnctl, vrf_vxlan: 99999, mtu: 1370, exit_nodes: [${node}], ipam: pve }
  - { task: pve_sdn_vnet, with: { id: crossvnt, zone: crossite, tag: 100000, alias: Cross site } }
  - { task: pve_sdn_subnet, with: { vnet: crossvnt, cidr: 10.1.1.0/24, gateway: 10.1.1.1, snat: true } }
  - task: pve_sdn_apply
  - task: pve_firewall_group
    with:
      name: sdn
      comment: The overlay
      rules:
        - { type: in, action: ACCEPT, proto: udp, dport: "51820", comment: WireGuard }
        - { type: forward, action: ACCEPT, source: +sdn/crossvnt-all, dest: 0.0.0.0/0 }
`;

const CONTAINER = `
steps:
  - task: pve_ct
    with:
      id: 130
      hostname: sdnct
      template: "local:vztmpl/debian.tar.zst"
      root: { storage: local-lvm, size_gb: 4 }
      nics: [{ name: eth0, bridge: vmbr0, ip: 10.1.1.12/24, gw: 10.1.1.1 }]
      running: true
`;

const MACHINE = `
steps:
  - task: pve_vm
    with: { id: 123, name: sdntest, memory: 512, nics: [{ bridge: vmbr0 }], running: true }
`;

async function onNode(version: string, body: (fleet: Fleet) => Promise<void>): Promise<void> {
  await withFleet(['alpha'], async (fleet) => {
    const settings = [
      `version ${version}`,
      'route 0.0.0.0/0 vmbr0 192.0.2.1',
      'route 10.2.0.0/16 wg0 10.1.0.1',
    ];
    fleet.server('alpha').run(lifeAsNode(settings));
    await body(fleet);
  });
}

const set = (fleet: Fleet, line: string): string =>
  fleet.server('alpha').run(`echo '${line}' >>/etc/pve-stand-in`);

for (const version of ['8.4.1', '9.1.1']) {
  test(
    `a site from nothing on ${version}, then one peer more`,
    () =>
      onNode(version, async (fleet) => {
        const run = await fleet.run(SITE);
        assert.is(run.exit, 0, JSON.stringify(run.of('step')));
        assert.is(run.changes('alpha').length, 7);
        const again = await fleet.run(SITE);
        assert.is(again.exit, 0);
        assert.equal(again.changes('alpha'), []);
        const more = await fleet.run(SITE.replace('[10.2.0.1, 10.1.0.1]', '[10.1.0.1, 10.2.0.1, 10.3.0.1]'));
        assert.is(more.exit, 0);
        assert.equal(
          more.changes('alpha').map((change) => change.split(' ')[0]),
          ['pve:/cluster/sdn/controllers/evpnctl', 'pve:/cluster/sdn'],
        );
        assert.match(fleet.server('alpha').run('cat /etc/network/interfaces.d/sdn'), /^#version:2\n/);
      }),
    60_000,
  );

  test(
    `a reload that fails on ${version} is told with its node, and made good by the next run`,
    () =>
      onNode(version, async (fleet) => {
        set(fleet, `once fail reload ${node} no such bridge`);
        const run = await fleet.run(SITE);
        assert.is(run.exit, 2);
        assert.match(
          run.failure('pve_sdn_apply').output ?? '',
          `node ${node} could not reload its network: no such bridge`,
        );
        const again = await fleet.run(SITE);
        assert.is(again.exit, 0, JSON.stringify(again.of('step')));
        assert.equal((await fleet.run(SITE)).changes('alpha'), []);
      }),
    60_000,
  );

  test(
    `a machine on ${version} is made once and keeps its addresses; one whose task dies is a failure`,
    () =>
      onNode(version, async (fleet) => {
        const first = await fleet.run(MACHINE);
        assert.is(first.exit, 0, JSON.stringify(first.of('step')));
        const config = fleet.server('alpha').run('cat /etc/pve/qemu-server/123.conf');
        assert.match(config, /^net0: virtio=BC:24:11:[0-9A-F:]{8},bridge=vmbr0$/m);
        assert.equal((await fleet.run(MACHINE)).changes('alpha'), []);
        assert.is(fleet.server('alpha').run('cat /etc/pve/qemu-server/123.conf'), config);
        set(fleet, 'fail task qmcreate:124 no space left');
        const dead = await fleet.run(MACHINE.replace('123', '124'));
        assert.is(dead.exit, 2);
        assert.match(dead.failure('pve_vm').output ?? '', 'no space left');
      }),
    60_000,
  );
}

test(
  'a zone whose exit nodes the cluster has not is refused before anything is written',
  () =>
    onNode('9.1.1', async (fleet) => {
      const book = SITE.replace(`exit_nodes: [${node}]`, 'exit_nodes: [elsewhere]');
      const run = await fleet.run(book);
      assert.is(run.exit, 2);
      assert.match(
        run.failure('pve_sdn_zone').message,
        `no exit node is a node of this cluster: it has ${node}, and elsewhere is wanted`,
      );
      assert.equal(run.changes('alpha'), []);
      assert.match(fleet.server('alpha').run('pvesh get /cluster/sdn/zones --output-format json'), /^\[\]/);
      assert.is((await fleet.run(SITE)).exit, 0);
    }),
  60_000,
);

test(
  'the lock that a run has left behind is told with its cure',
  () =>
    onNode('9.1.1', async (fleet) => {
      fleet.server('alpha').run('pvesh create /cluster/sdn/lock');
      const run = await fleet.run(SITE);
      assert.is(run.exit, 2);
      assert.match(
        run.failure('pve_sdn_controller').output ?? '',
        'pvesh delete /cluster/sdn/lock --force 1',
      );
      fleet.server('alpha').run('pvesh delete /cluster/sdn/lock --force 1');
      assert.is((await fleet.run(SITE)).exit, 0);
    }),
  60_000,
);

/** A controller, 2 zones, 10 vnets with a subnet each, 40 rules. */
const LARGE = `
steps:
  - task: pve_sdn_controller
    with: { id: evpnctl, type: evpn, asn: 65000, peers: [10.2.0.1, 10.1.0.1] }
  - { id: one, task: pve_sdn_zone, with: { id: one, type: evpn, controller: evpnctl, vrf_vxlan: 99998, mtu: 1370, ipam: pve } }
  - { id: two, task: pve_sdn_zone, with: { id: two, type: evpn, controller: evpnctl, vrf_vxlan: 99999, mtu: 1370, ipam: pve } }
${Array.from(
  { length: 10 },
  (
    _,
    n,
  ) => `  - { id: v${n}, task: pve_sdn_vnet, with: { id: vnet${n}, zone: ${n < 5 ? 'one' : 'two'}, tag: ${10000 + n} } }
  - { id: s${n}, task: pve_sdn_subnet, with: { vnet: vnet${n}, cidr: 10.1.${n}.0/24, gateway: 10.1.${n}.1 } }
`,
).join('')}  - task: pve_sdn_apply
  - task: pve_firewall_rules
    with:
      name: many
      rules:
${Array.from({ length: 40 }, (_, n) => `        - { type: in, action: ACCEPT, proto: tcp, dport: "${8000 + n}" }\n`).join('')}`;

test(
  'a large site in which nothing changes is read with at most 12 calls, side by side, in one round trip',
  () =>
    onNode('9.1.1', async (fleet) => {
      const first = await fleet.run(LARGE);
      assert.is(first.exit, 0, JSON.stringify(first.of('step').filter(({ failure }) => failure)));
      fleet.server('alpha').run('rm /var/log/pve-stand-in.log');
      set(fleet, 'cost 0 1');
      const began = Date.now();
      const again = await fleet.run(LARGE);
      const took = Date.now() - began;
      assert.equal(again.changes('alpha'), []);
      assert.is(again.turns.alpha, 1);
      const calls = fleet.server('alpha').run('cut -f 2- /var/log/pve-stand-in.log').trim().split('\n');
      console.log(`${calls.length} calls, ${took} ms: ${calls.map((each) => each.split('\t')[1]).join(' ')}`);
      assert.ok(calls.length <= 12, calls.join('\n'));
      // Each waits for a second.
      assert.ok(took < 1000 * calls.length, `${took} ms`);
    }),
  120_000,
);

test(
  'a container is made once, and started',
  () =>
    onNode('9.1.1', async (fleet) => {
      fleet
        .server('alpha')
        .run('mkdir -p /var/lib/vz/template/cache; : >/var/lib/vz/template/cache/debian.tar.zst');
      const run = await fleet.run(CONTAINER);
      assert.is(run.exit, 0, JSON.stringify(run.of('step')));
      const config = fleet.server('alpha').run('cat /etc/pve/lxc/130.conf');
      assert.match(
        config,
        /^net0: name=eth0,bridge=vmbr0,gw=10\.1\.1\.1,hwaddr=BC:24:11:\S+,ip=10\.1\.1\.12\/24,type=veth$/m,
      );
      assert.match(config, /^rootfs: local-lvm:vm-130-disk-0,size=4G$/m);
      const again = await fleet.run(CONTAINER);
      assert.equal([again.exit, again.changes('alpha')], [0, []]);
      const changed = await fleet.run(CONTAINER.replace('hostname: sdnct', 'hostname: sdnct2'));
      assert.equal([changed.exit, changed.changes('alpha').length], [0, 1]);
    }),
  60_000,
);

const OPTIONS = `
steps:
  - { task: pve_firewall_options, with: { policy_in: DROP, policy_forward: ACCEPT } }
  - { id: log, task: pve_firewall_options, with: { log_ratelimit: "enable=1,rate=1/second,burst=5" } }
`;

test(
  'two steps set options of one firewall in one go, and what is meant where nobody says it is not written',
  () =>
    onNode('9.1.1', async (fleet) => {
      const run = await fleet.run(OPTIONS);
      assert.is(run.exit, 0, JSON.stringify(run.of('step')));
      const options = fleet.server('alpha').run('cat /etc/pve/firewall/cluster.fw');
      assert.match(options, 'policy_in: DROP');
      assert.match(options, 'log_ratelimit: enable=1');
      assert.not.match(options, 'policy_forward');
      const again = await fleet.run(OPTIONS);
      assert.equal([again.exit, again.changes('alpha')], [0, []]);
    }),
  60_000,
);
