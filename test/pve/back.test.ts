/** Every task for Proxmox on the stand-in, and its way back as the host has it: the files of the cluster are as they were. */
import { hostname } from 'node:os';
import { join, quote, type Sh, sh } from '../../lib/base/sh.ts';
import type { ApplyJob, OpenSession } from '../../lib/remote/contract.ts';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { lifeAsNode } from '../fixture/pve/lab-node.ts';
import { assert, suite } from '../suite.ts';

const test = suite('ways back of Proxmox');
const node = hostname().replace(/\..*/, '');

const SITE = `
steps:
  - { task: pve_sdn_controller, with: { id: evpnctl, type: evpn, asn: 65000, peers: [10.2.0.1, 10.1.0.1] } }
  - task: pve_sdn_zone
    with: { id: crossite, type: evpn, controller: evpnctl, vrf_vxlan: 99999, mtu: 1370, exit_nodes: [${node}], ipam: pve }
  - { task: pve_sdn_vnet, with: { id: crossvnt, zone: crossite, tag: 100000, alias: Cross site } }
  - { task: pve_sdn_subnet, with: { vnet: crossvnt, cidr: 10.1.1.0/24, gateway: 10.1.1.1, snat: true } }
  - { task: pve_firewall_alias, with: { name: lan, cidr: 10.1.0.0/16, comment: here } }
  - { task: pve_firewall_ipset, with: { name: admins, members: [10.1.0.0/16, 10.9.0.0/16] } }
  - { task: pve_firewall_group, with: { name: sdn, rules: [{ type: in, action: ACCEPT, proto: udp, dport: "51820" }] } }
  - { task: pve_firewall_rules, with: { name: ssh, rules: [{ type: in, action: ACCEPT, macro: SSH }] } }
  - { task: pve_firewall_options, with: { policy_in: ACCEPT } }
`;
const OTHER = SITE.replace('[10.2.0.1, 10.1.0.1]', '[10.2.0.1, 10.3.0.1]')
  .replace('alias: Cross site', 'alias: Another')
  .replace('comment: here', 'comment: there')
  .replace('[10.1.0.0/16, 10.9.0.0/16]', '[10.1.0.0/16]')
  .replace('macro: SSH', 'proto: tcp, dport: "22"')
  .replace('policy_in: ACCEPT', 'policy_in: DROP');

/** Files of the cluster with their contents, but for those of tasks, and the IPAM, where the gateway of a subnet is said to stay. */
const FILES =
  'cd /etc/pve && find . -type f ! -path "*/tasks/*" ! -name ".*" ! -name pve-ipam-state.json -size +0 | sort';
const LOOK = `${FILES} | xargs sha256sum`;
/** The same without the `mac` of EVPN zones: Proxmox draws one at random for each zone that is made. */
const LOOK_BUT_MAC = `${FILES} | while read -r file; do echo "$file $(sed '/^\tmac /d' "$file" | sha256sum)"; done`;

function recorder(jobs: ApplyJob[]): (open: OpenSession) => OpenSession {
  return (open) => async (target, signal) => {
    const session = await open(target, signal);
    const apply = session.apply.bind(session);
    session.apply = (job, ...rest) => {
      jobs.push(job);
      return apply(job, ...rest);
    };
    return session;
  };
}

/** As a host takes its changes back: in reverse order, each in a shell of its own. */
function wayBack(jobs: readonly ApplyJob[]): Sh {
  const parts = [...jobs].reverse().flatMap((job) =>
    [...job.changes].reverse().map(({ restore }) => {
      const folder = `/var/lib/tightbeam/undo/${job.run}/${job.stretch}`;
      return sh`( TB_STATE=/var/lib/tightbeam TB_BACKUP=${folder}; export TB_STATE TB_BACKUP; ${restore ?? sh`false`} ) || exit 1`;
    }),
  );
  return join(parts);
}

async function onNode(body: (fleet: Fleet, run: (text: string) => string) => Promise<void>): Promise<void> {
  await withFleet(['alpha'], async (fleet) => {
    fleet.server('alpha').run(lifeAsNode(['version 9.1.1', 'route 0.0.0.0/0 vmbr0 192.0.2.1']));
    await body(fleet, (text) => fleet.server('alpha').run(text));
  });
}

test(
  'made, taken back, made again, changed, and taken back to what it was',
  () =>
    onNode(async (fleet, run) => {
      const bare = run(LOOK);
      const first: ApplyJob[] = [];
      const made = await fleet.run(SITE, { open: recorder(first) });
      assert.is(made.exit, 0, JSON.stringify(made.of('step')));
      assert.is(
        first.flatMap(({ changes }) => changes).every(({ restore }) => restore !== undefined),
        true,
      );
      assert.is.not(run(LOOK), bare);
      const site = run(LOOK_BUT_MAC);
      run(wayBack(first).text);
      assert.is(run(LOOK), bare);
      run(wayBack(first).text);
      assert.is(run(LOOK), bare);
      assert.is((await fleet.run(SITE)).exit, 0);
      assert.is(run(LOOK_BUT_MAC), site);
      const again = run(LOOK);
      const second: ApplyJob[] = [];
      const changed = await fleet.run(OTHER, { open: recorder(second) });
      assert.is(changed.exit, 0, JSON.stringify(changed.of('step')));
      assert.ok(changed.changes('alpha').length >= 6, changed.changes('alpha').join('\n'));
      assert.is.not(run(LOOK), again);
      run(wayBack(second).text);
      assert.is(run(LOOK), again);
    }),
  300_000,
);

test(
  'what others have changed meanwhile in the same files stays',
  () =>
    onNode(async (fleet, run) => {
      assert.is((await fleet.run(SITE)).exit, 0);
      const jobs: ApplyJob[] = [];
      assert.is((await fleet.run(OTHER, { open: recorder(jobs) })).exit, 0);
      run(
        `pvesh create /cluster/sdn/zones --zone ${quote('theirs').text} --type simple; pvesh create /cluster/firewall/groups --group theirs`,
      );
      run(wayBack(jobs).text);
      const after = await fleet.run(SITE);
      assert.equal(after.changes('alpha'), []);
      assert.match(run('cat /etc/pve/sdn/zones.cfg'), /^simple: theirs$/m);
      assert.match(run('cat /etc/pve/firewall/cluster.fw'), /^\[group theirs\]$/m);
    }),
  300_000,
);
