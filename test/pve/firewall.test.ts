/** Lists of rules of one scope in one run, and who gets in by a group when the firewall is switched on: on the stand-in. */
import { hostname } from 'node:os';
import { firewallOf } from '../../lib/resources/pve/pve-firewall-read.ts';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { lifeAsNode } from '../fixture/pve/lab-node.ts';
import { assert, suite } from '../suite.ts';

const test = suite('firewall of Proxmox in one run');
/** All hosts of a fleet have the name of this machine. */
const node = hostname().replace(/\..*/, '');

async function onNode(
  version: string,
  body: (fleet: Fleet, sh: (script: string) => string) => Promise<void>,
): Promise<void> {
  await withFleet(['alpha'], async (fleet) => {
    const sh = (script: string): string => fleet.server('alpha').run(script);
    sh(lifeAsNode([`version ${version}`]));
    await body(fleet, sh);
  });
}

const rule = (source: string): string => `{ type: in, action: ACCEPT, macro: SSH, source: ${source} }`;
const lists = (first: string, second: string): string => `
steps:
  - { id: first, task: pve_firewall_rules, with: { name: first, rules: [${rule(first)}] } }
  - { task: pve_firewall_alias, with: { name: lan${second.replaceAll(/\D/g, '')}, cidr: ${second} } }
  - { id: second, task: pve_firewall_rules, with: { name: second, place: bottom, rules: [${rule(second)}] } }
  - { id: own, task: pve_firewall_rules, with: { scope: node, name: own, rules: [${rule(second)}] } }
`;

for (const version of ['8.4.1', '9.1.1']) {
  test(
    `two lists of one scope on ${version} are changed in one go, other changes of the file between them`,
    () =>
      onNode(version, async (fleet, sh) => {
        assert.is((await fleet.run(lists('10.1.0.0/16', '10.2.0.0/16'), { confirm: 'off' })).exit, 0);
        const run = await fleet.run(lists('10.3.0.0/16', '10.4.0.0/16'), { confirm: 'off' });
        assert.is(run.exit, 0, JSON.stringify(run.of('step')));
        assert.equal(
          run.changes('alpha').map((each) => each.split(' ')[0]),
          [
            'pve:/cluster/firewall/rules',
            'pve:/cluster/firewall/aliases#lan1040016',
            'pve:/cluster/firewall/rules',
            `pve:/nodes/${node}/firewall/rules`,
          ],
        );
        // One frame that reads, one that writes: nothing was read once more.
        assert.is(run.turns.alpha, 2);
        assert.match(
          sh('cat /etc/pve/firewall/cluster.fw'),
          /10\.3\.0\.0\/16 # \[first\]\n.*10\.4\.0\.0\/16 # \[second\]\n/,
        );
        assert.equal(
          (await fleet.run(lists('10.3.0.0/16', '10.4.0.0/16'), { confirm: 'off' })).changes('alpha'),
          [],
        );
      }),
    60_000,
  );
}

test(
  'what somebody else adds between the two lists is seen: the run reads anew, and keeps it',
  () =>
    onNode('9.1.1', async (fleet, sh) => {
      assert.is((await fleet.run(lists('10.1.0.0/16', '10.2.0.0/16'), { confirm: 'off' })).exit, 0);
      sh(`cat >/tmp/meddler <<'EOF'
#!/bin/sh
[ "$1 $2" = "create /cluster/firewall/aliases" ] && echo 'IN DROP -source 10.9.9.9 # of others' >/tmp/rule && sed -i '/second/r /tmp/rule' /etc/pve/firewall/cluster.fw && sed -i '/^hook/d' /etc/pve-stand-in
exit 0
EOF
chmod 755 /tmp/meddler; echo 'hook /tmp/meddler' >>/etc/pve-stand-in`);
      const run = await fleet.run(lists('10.3.0.0/16', '10.4.0.0/16'), { confirm: 'off' });
      assert.is(run.exit, 0, JSON.stringify(run.of('step')));
      assert.ok((run.turns.alpha ?? 0) > 2);
      const text = sh('cat /etc/pve/firewall/cluster.fw');
      assert.match(text, 'of others');
      assert.match(text, /10\.3\.0\.0\/16 # \[first\]\n(.*\n)*.*10\.4\.0\.0\/16 # \[second\]\n/);
    }),
  60_000,
);

const group = (rules: string): string => `
  - { task: pve_firewall_group, with: { name: admin, rules: [${rules}] } }
  - { task: pve_firewall_rules, with: { name: admin, rules: [{ type: group, action: admin }] } }
`;
const SWITCH = '  - { task: pve_firewall_options, with: { enable: true, policy_in: DROP } }\n';

test(
  'a group that is attached opens the way where a rule of it does, also one of the same run',
  () =>
    onNode('9.1.1', async (fleet, sh) => {
      const made = await fleet.run(
        `steps:${group('{ type: in, action: ACCEPT, proto: udp, dport: "51820" }')}`,
      );
      assert.is(made.exit, 0);
      // Nothing of rules stands in the runbook, so the plan alone can tell.
      const shut = await fleet.run(`steps:\n${SWITCH}`);
      assert.is(shut.exit, 2);
      assert.match(shut.failure('pve_firewall_options').message, 'lets SSH in, nor one of a group');
      assert.equal(shut.changes('alpha'), []);
      const run = await fleet.run(`steps:${group(rule('10.1.0.0/16'))}${SWITCH}`);
      assert.is(run.exit, 0, JSON.stringify(run.of('step')));
      assert.match(sh('cat /etc/pve/firewall/cluster.fw'), 'enable: 1');
    }),
  60_000,
);

test('cluster.fw is read as Proxmox writes it', () => {
  const { value } = firewallOf(
    `[OPTIONS]

enable: 1

[ALIASES]

local_network 192.0.2.0/24 # home

[IPSET management] # who may

10.0.0.1
!10.0.0.2 # not

[RULES]

IN SSH(ACCEPT) -source 10.0.0.0/8

[group admin] # of people

IN SSH(ACCEPT) -source 10.1.0.0/16 -log nolog # in
|IN ACCEPT -i vmbr0 -p tcp -dport 20:25
`,
    'aa',
  );
  assert.equal(value, {
    groups: {
      admin: [
        { type: 'in', action: 'ACCEPT', macro: 'SSH', source: '10.1.0.0/16', log: 'nolog', enable: 1 },
        { type: 'in', action: 'ACCEPT', iface: 'vmbr0', proto: 'tcp', dport: '20:25', enable: 0 },
      ],
    },
    management: ['10.0.0.1', '!10.0.0.2'],
    localNetwork: '192.0.2.0/24',
  });
});
