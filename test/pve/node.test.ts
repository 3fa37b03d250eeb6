/** Tasks for what belongs to one node or to services of others, in the engine: networks, IPAM, DNS, downloads. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { lifeAsNode } from '../fixture/pve/lab-node.ts';
import { assert, suite } from '../suite.ts';

const test = suite('tasks for nodes of Proxmox');
const node = hostname().replace(/\..*/, '');
const program = readFileSync(
  join(dirname(fileURLToPath(import.meta.url)), '../fixture/pve/by-source.pl'),
  'utf8',
);

const INTERFACES = `auto lo
iface lo inet loopback

iface eno1 inet manual
	type eth

iface eno2 inet manual
	type eth

auto vmbr0
iface vmbr0 inet static
	address 192.0.2.5/24
	bridge_ports eno1
	gateway 192.0.2.1
	type bridge
`;

async function onNode(body: (fleet: Fleet, sh: (script: string) => string) => Promise<void>): Promise<void> {
  await withFleet(['alpha'], async (fleet) => {
    const { run } = fleet.server('alpha');
    const sh = (script: string): string => run(script);
    sh(lifeAsNode(['version 9.1.1', 'route 0.0.0.0/0 vmbr0 192.0.2.5']));
    sh(`mkdir -p /etc/by-source; mv /usr/bin/pvesh /usr/bin/pvesh-stand-in
cat >/etc/network/interfaces <<'EOF'
${INTERFACES}EOF
cat >/usr/bin/pvesh <<'PROGRAM'
${program}PROGRAM
chmod 755 /usr/bin/pvesh`);
    await body(fleet, sh);
  });
}

const NETWORK = `
steps:
  - task: pve_node_network
    with:
      interfaces:
        - { name: eno2, type: eth, mtu: 9000 }
        - { name: vmbr1, type: bridge, ports: [eno2], mtu: 9000, vlan_aware: true, comment: storage }
        - { name: vmbr0, type: bridge, comment: the way in }
`;

test(
  'bridges and MTUs: written, reloaded once, and then nothing; the address of the way in stays',
  () =>
    onNode(async (fleet, sh) => {
      const dry = await fleet.run(NETWORK, { dryRun: true });
      const run = await fleet.run(NETWORK);
      assert.is(run.exit, 0, JSON.stringify(run.of('step')));
      assert.equal(run.changes('alpha'), dry.changes('alpha'));
      assert.is(run.changes('alpha').length, 4);
      const now = sh('cat /etc/network/interfaces; ls /etc/network');
      assert.match(now, /iface vmbr0 inet static\n(\t.*\n)*\taddress 192\.0\.2\.5\/24\n/);
      assert.match(now, /iface vmbr1 inet manual\n(\t.*\n)*\tbridge_ports eno2\n/);
      assert.not.match(now, 'interfaces.new');
      const again = await fleet.run(NETWORK);
      assert.equal([again.exit, again.changes('alpha'), again.turns.alpha], [0, [], 1]);
    }),
  60_000,
);

test(
  'a reload that fails is told, and made again by the next run though nothing waits any more',
  () =>
    onNode(async (fleet, sh) => {
      sh(`echo "command 'ifreload -a' failed: exit code 1" >/etc/by-source/fail-reload`);
      const before = sh('cat /etc/network/interfaces; ls /etc/network');
      const back = await fleet.run(NETWORK);
      assert.is(back.exit, 5, 'the step is confirmed as a whole, and was taken back as a whole');
      assert.is(sh('cat /etc/network/interfaces; ls /etc/network'), before);
      const run = await fleet.run(NETWORK, { confirm: 'off' });
      assert.is(run.exit, 2);
      assert.match(
        run.failure('pve_node_network').output ?? '',
        `the task on node ${node} ended with: command 'ifreload -a' failed: exit code 1`,
      );
      sh('rm /etc/by-source/fail-reload');
      const again = await fleet.run(NETWORK);
      assert.is(again.exit, 0, JSON.stringify(again.of('step')));
      assert.equal(again.changes('alpha').length, 1);
      assert.match(again.changes('alpha')[0] ?? '', 'once more: the last reload has failed');
      assert.equal((await fleet.run(NETWORK)).changes('alpha'), []);
    }),
  60_000,
);

test(
  'what would cut the node off is refused before anything is written, also what others have left waiting',
  () =>
    onNode(async (fleet, sh) => {
      const gone = `
steps:
  - task: pve_node_network
    with: { interfaces: [{ name: vmbr0, type: bridge, state: absent }] }
`;
      const run = await fleet.run(gone);
      assert.is(run.exit, 2);
      assert.match(run.failure('pve_node_network').message, 'vmbr0 carries the default route');
      assert.is(
        sh('cat /etc/network/interfaces; ls /etc/network'),
        `${INTERFACES}interfaces\ninterfaces.d\n`,
      );
      sh(`pvesh delete /nodes/${node}/network/vmbr0`);
      const other = await fleet.run(NETWORK.replace(/ +- \{ name: vmbr0.*\n/, ''));
      assert.is(other.exit, 2);
      assert.match(
        other.failure('pve_node_network').message,
        /takes away vmbr0: address 192\.0\.2\.5\/24, vmbr0: gateway 192\.0\.2\.1/,
      );
      assert.match(sh('cat /etc/network/interfaces'), 'iface vmbr0 inet static');
    }),
  60_000,
);

const SERVICES = `
secrets: { netbox: { env: NETBOX }, powerdns: { env: POWERDNS } }
steps:
  - task: pve_sdn_ipam
    with: { id: netbox, type: netbox, url: https://netbox.example.net/api, token: "\${{ secrets.netbox }}" }
  - task: pve_sdn_dns
    with: { id: powerdns, url: http://192.0.2.53:8081/api/v1/servers/localhost, key: "\${{ secrets.powerdns }}" }
`;
const SECRETS = { NETBOX: 'netbox-t0ken-Ao93', POWERDNS: 'powerdns-k3y-Qx71' };

test(
  'an IPAM and a DNS server: made, found again, given another token; no secret in any event or list of processes',
  () =>
    onNode(async (fleet, sh) => {
      const run = await fleet.run(SERVICES, { env: SECRETS });
      assert.is(run.exit, 0, JSON.stringify(run.of('step')));
      assert.is(run.changes('alpha').length, 2);
      assert.match(sh('cat /etc/by-source/ipams/netbox'), `token\t${SECRETS.NETBOX}`);
      assert.match(sh('cat /etc/by-source/dns/powerdns'), `key\t${SECRETS.POWERDNS}`);
      const again = await fleet.run(SERVICES, { env: SECRETS });
      assert.equal([again.exit, again.changes('alpha'), again.turns.alpha], [0, [], 1]);
      const dry = await fleet.run(SERVICES, {
        env: { ...SECRETS, NETBOX: 'another-t0ken-77' },
        dryRun: true,
      });
      assert.equal(dry.changes('alpha').length, 1);
      assert.match(dry.changes('alpha')[0] ?? '', 'another token');
      const gone = await fleet.run(
        `
steps:
  - { task: pve_sdn_ipam, with: { id: netbox, type: netbox, state: absent } }
  - { task: pve_sdn_dns, with: { id: powerdns, state: absent } }
`,
        {},
      );
      assert.is(gone.exit, 0, JSON.stringify(gone.of('step')));
      const seen = sh('cat /etc/by-source/seen');
      assert.match(seen, 'pvesh');
      const told = JSON.stringify([run, again, dry, gone].map(({ events, reviews }) => [events, reviews]));
      for (const secret of [...Object.values(SECRETS), 'another-t0ken-77']) {
        assert.not.match(seen, secret);
        assert.not.match(told, secret);
      }
    }),
  60_000,
);

test(
  'an IPAM that a zone uses stays, which Proxmox would not look at',
  () =>
    onNode(async (fleet, sh) => {
      assert.is((await fleet.run(SERVICES, { env: SECRETS })).exit, 0);
      sh(`pvesh create /cluster/sdn/zones --zone lan --type simple
sed -i 's/^simple: lan$/&\\n\\tipam netbox/' /etc/pve/sdn/zones.cfg`);
      const run = await fleet.run(
        'steps: [{ task: pve_sdn_ipam, with: { id: netbox, type: netbox, state: absent } }]',
      );
      assert.is(run.exit, 2);
      assert.match(run.failure('pve_sdn_ipam').output ?? '', 'a zone still uses the IPAM netbox');
      assert.match(sh('ls /etc/by-source/ipams'), 'netbox');
    }),
  60_000,
);

const ENTRIES = `
steps:
  - task: pve_sdn_ipam
    with: { id: pve, type: pve, entries: [{ vnet: lan, mac: "bc:24:11:00:00:11", ip: 10.9.1.11 }] }
`;

test(
  'static entries: made, moved, and taken away; the address of the gateway is nobody else’s',
  () =>
    onNode(async (fleet, sh) => {
      sh(`pvesh create /cluster/sdn/zones --zone simp --type simple --dhcp dnsmasq --ipam pve
pvesh create /cluster/sdn/vnets --vnet lan --zone simp
pvesh create /cluster/sdn/vnets/lan/subnets --type subnet --subnet 10.9.1.0/24 --gateway 10.9.1.1`);
      const run = await fleet.run(ENTRIES);
      assert.is(run.exit, 0, JSON.stringify(run.of('step')));
      assert.match(run.changes('alpha').at(-1) ?? '', 'BC:24:11:00:00:11 create 10.9.1.11 for it');
      assert.equal((await fleet.run(ENTRIES)).changes('alpha'), []);
      const moved = await fleet.run(ENTRIES.replace('10.9.1.11', '10.9.1.12'));
      assert.equal([moved.exit, moved.changes('alpha').length], [0, 1]);
      const taken = await fleet.run(ENTRIES.replace('10.9.1.11', '10.9.1.1'));
      assert.is(taken.exit, 2);
      assert.match(taken.failure('pve_sdn_ipam').message, '10.9.1.1 belongs to the gateway already');
      const gone = await fleet.run(ENTRIES.replace('ip: 10.9.1.11', 'ip: 10.9.1.12, state: absent'));
      assert.equal([gone.exit, gone.changes('alpha').length], [0, 1]);
    }),
  60_000,
);

const IMAGE = `
steps:
  - task: pve_storage_download
    with: { storage: local, content: import, filename: debian.qcow2, url: https://images.example.net/debian.qcow2 }
`;

test(
  'a download: its task is followed to its end, and made once',
  () =>
    onNode(async (fleet, sh) => {
      sh('echo "wrong checksum" >/etc/by-source/fail-download');
      const dead = await fleet.run(IMAGE);
      assert.is(dead.exit, 2);
      assert.match(dead.failure('pve_storage_download').output ?? '', 'ended with: wrong checksum');
      sh('rm /etc/by-source/fail-download');
      assert.equal((await fleet.run(IMAGE)).exit, 0);
      const again = await fleet.run(IMAGE);
      assert.equal([again.exit, again.changes('alpha')], [0, []]);
      const gone = await fleet.run(IMAGE.replace('content:', 'state: absent, content:'));
      assert.equal([gone.exit, gone.changes('alpha').length], [0, 1]);
      assert.equal(sh('ls /etc/by-source/volumes'), '');
    }),
  60_000,
);
