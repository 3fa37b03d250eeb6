/** What is taken away in order, refused out of order, and changed by others while a run is on its way. */
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { lifeAsNode } from '../fixture/pve/lab-node.ts';
import { assert, suite } from '../suite.ts';

const test = suite('order of Proxmox objects');

const STEPS: readonly (readonly [string, string])[] = [
  ['pve_sdn_controller', 'id: evpnctl, type: evpn, asn: 65000, peers: [10.1.0.1]'],
  ['pve_sdn_zone', `id: crossite, type: evpn, controller: evpnctl, vrf_vxlan: 99999, mtu: 1370`],
  ['pve_sdn_vnet', 'id: crossvnt, zone: crossite, tag: 100000'],
  ['pve_sdn_subnet', 'vnet: crossvnt, cidr: 10.1.1.0/24, gateway: 10.1.1.1, snat: true'],
];
const APPLY = '  - task: pve_sdn_apply\n';
const RULES = `  - task: pve_firewall_group
    with: { name: sdn, rules: [{ type: forward, action: ACCEPT, source: +sdn/crossvnt-all }] }
`;

const step = ([task, params]: readonly [string, string], more = ''): string =>
  `  - { task: ${task}, with: { ${params}${more} } }\n`;
const SITE = `steps:\n${STEPS.map((each) => step(each)).join('')}${APPLY}${RULES}`;
const gone = (order: readonly (readonly [string, string])[]): string =>
  `steps:\n  - { task: pve_firewall_group, with: { name: sdn, state: absent } }\n${order.map((each) => step(each, ', state: absent')).join('')}${APPLY}`;

async function onNode(
  version: string,
  body: (fleet: Fleet, sh: (script: string) => string) => Promise<void>,
): Promise<void> {
  await withFleet(['alpha'], async (fleet) => {
    const sh = (script: string): string => fleet.server('alpha').run(script);
    sh(lifeAsNode([`version ${version}`, 'route 0.0.0.0/0 vmbr0 192.0.2.1']));
    await body(fleet, sh);
  });
}

for (const version of ['8.4.1', '9.1.1']) {
  test(
    `everything goes in one run on ${version}, in the order in which nothing is used any more`,
    () =>
      onNode(version, async (fleet, sh) => {
        assert.is((await fleet.run(SITE)).exit, 0);
        const run = await fleet.run(gone([...STEPS].reverse()));
        assert.is(run.exit, 0, JSON.stringify(run.of('step')));
        assert.equal(
          run
            .changes('alpha')
            .map((each) => each.split(' ').slice(0, 2).join(' ').replace('pve:/cluster/', '')),
          [
            'firewall/groups/sdn delete',
            'firewall/groups#sdn delete',
            'sdn/vnets/crossvnt/subnets/10.1.1.0/24 delete',
            'sdn/vnets/crossvnt delete',
            'sdn/zones/crossite delete',
            'sdn/controllers/evpnctl delete',
            'sdn reload',
          ],
        );
        assert.is(sh('cat /etc/pve/sdn/*.cfg').trim(), '');
        const again = await fleet.run(gone([...STEPS].reverse()));
        assert.equal([again.exit, again.changes('alpha'), again.turns.alpha], [0, [], 1]);
      }),
    90_000,
  );

  test(
    `out of order ${version} says who still uses it, and nothing is half gone`,
    () =>
      onNode(version, async (fleet, sh) => {
        assert.is((await fleet.run(SITE)).exit, 0);
        const before = sh('cat /etc/pve/sdn/*.cfg');
        const run = await fleet.run(gone(STEPS));
        assert.is(run.exit, 2);
        assert.match(
          run.failure('pve_sdn_controller').output ?? '',
          'controller evpnctl is used by crossite',
        );
        assert.is(sh('cat /etc/pve/sdn/*.cfg'), before);
      }),
    90_000,
  );

  test(
    `what somebody changes on ${version} between read and write is neither lost nor written over unseen`,
    () =>
      onNode(version, async (fleet, sh) => {
        assert.is((await fleet.run(SITE)).exit, 0);
        // Just before the zone is set, once: another zone, and another value in ours.
        sh(`cat >/usr/bin/by-hand <<'EOF'
#!/bin/sh
[ "$1" = set ] && [ "$2" = /cluster/sdn/zones/crossite ] && [ ! -e /tmp/by-hand.done ] || exit 0
: >/tmp/by-hand.done
sed -i 's/^\\tmtu 1370$/\\tmtu 1371/' /etc/pve/sdn/zones.cfg
printf 'simple: other\\n\\tipam pve\\n\\n' >>/etc/pve/sdn/zones.cfg
EOF
chmod 755 /usr/bin/by-hand; rm -f /tmp/by-hand.done; echo 'hook /usr/bin/by-hand' >>/etc/pve-stand-in`);
        const run = await fleet.run(SITE.replace('mtu: 1370', 'mtu: 1360'));
        assert.is(run.exit, 0, JSON.stringify(run.of('step')));
        const zones = sh('cat /etc/pve/sdn/zones.cfg; ls /tmp/by-hand.done');
        assert.match(zones, '\tmtu 1360\n');
        assert.match(zones, 'simple: other\n');
        assert.equal((await fleet.run(SITE.replace('mtu: 1370', 'mtu: 1360'))).changes('alpha'), []);
      }),
    90_000,
  );
}
