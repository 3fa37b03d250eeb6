/** What has a name in the firewall of Proxmox (sets of addresses, aliases): made, used by rules, changed, taken away. */
import { withFleet } from '../fixture/engine.ts';
import { lifeAsNode } from '../fixture/pve/lab-node.ts';
import { assert, suite } from '../suite.ts';

const test = suite('named things of the firewall of Proxmox');

const book = (members: string, cidr: string, more = ''): string => `steps:
  - { task: pve_firewall_alias, with: { name: roz-wg, cidr: ${cidr}, comment: roz${more} } }
  - { task: pve_firewall_ipset, with: { name: wgpeers, comment: peers, members: [${members}]${more} } }
`;
const RULES = `  - task: pve_firewall_rules
    with:
      name: peers
      rules:
        - { type: in, action: ACCEPT, source: +wgpeers }
        - { type: in, action: ACCEPT, source: roz-wg }
`;

for (const version of ['8.4.1', '9.1.1']) {
  test(
    `on ${version}`,
    () =>
      withFleet(['alpha'], async (fleet) => {
        const sh = (script: string): string => fleet.server('alpha').run(script);
        sh(lifeAsNode([`version ${version}`]));
        const first = `${book('10.1.0.0/24, "!10.1.0.9"', '10.1.0.1')}${RULES}`;
        const made = await fleet.run(first);
        assert.is(made.exit, 0, JSON.stringify(made.of('step')));
        const file = sh('cat /etc/pve/firewall/cluster.fw');
        assert.match(
          file,
          /\[IPSET wgpeers\] # peers\n\n(?:!10\.1\.0\.9\n10\.1\.0\.0\/24|10\.1\.0\.0\/24\n!10\.1\.0\.9)\n/,
        );
        assert.match(file, /roz-wg 10\.1\.0\.1 # roz\n/);
        const again = await fleet.run(first);
        assert.equal([again.exit, again.changes('alpha'), again.turns.alpha], [0, [], 1]);
        const other = await fleet.run(`${book('10.2.0.0/24', '10.1.0.2')}${RULES}`);
        assert.is(other.exit, 0, JSON.stringify(other.of('step')));
        assert.equal(
          other.changes('alpha').map((each) => each.split(' ').slice(0, 2).join(' ')),
          ['pve:/cluster/firewall/aliases#roz-wg update', 'pve:/cluster/firewall/ipset/wgpeers update'],
        );
        const gone = await fleet.run(
          `${RULES.replace('  - task', 'steps:\n  - task').replace('name: peers', 'name: peers\n      state: absent')}${book('10.2.0.0/24', '10.1.0.2', ', state: absent').replace('steps:\n', '')}`,
        );
        assert.is(gone.exit, 0, JSON.stringify(gone.of('step')));
        assert.not.match(sh('cat /etc/pve/firewall/cluster.fw 2>/dev/null || :'), /wgpeers|roz-wg/);
      }),
    60_000,
  );
}
