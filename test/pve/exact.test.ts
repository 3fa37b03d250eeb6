/** Every task of Proxmox in one runbook, against the stand-in and what stands beside it: what is foretold is what is done. */
import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Fleet, withFleet } from '../fixture/engine.ts';
import { forecast } from '../fixture/forecast.ts';
import { lifeAsNode } from '../fixture/pve/lab-node.ts';
import { assert, suite } from '../suite.ts';

const test = suite('Proxmox exactly as foretold');
const here = dirname(fileURLToPath(import.meta.url));
const node = hostname().replace(/\..*/, '');
const bySource = readFileSync(join(here, '../fixture/pve/by-source.pl'), 'utf8');

const HEAD = 'secrets: { powerdns: { env: POWERDNS } }\nsteps:\n';
const ENV = { POWERDNS: 'powerdns-k3y-Qx71' };

interface Site {
  readonly mtu: number;
  readonly peers: string;
  readonly memory: number;
  readonly rule: string;
  readonly end: string;
  readonly comment: string;
}

const FIRST: Site = {
  mtu: 1370,
  peers: '10.2.0.1, 10.1.0.1',
  memory: 512,
  rule: '10.1.0.0/16',
  end: '10.9.1.99',
  comment: 'first',
};
const SECOND: Site = {
  mtu: 1360,
  peers: '10.2.0.1, 10.1.0.1, 10.3.0.1',
  memory: 1024,
  rule: '10.3.0.0/16',
  end: '10.9.1.120',
  comment: 'second',
};

const book = ({ mtu, peers, memory, rule, end, comment }: Site): string => `${HEAD}
  - task: pve_node_network
    with:
      interfaces:
        - { name: eno2, type: eth, mtu: 9000 }
        - { name: vmbr1, type: bridge, ports: [eno2], mtu: 9000, vlan_aware: true, comment: ${comment} }
  - task: pve_sdn_dns
    with: { id: powerdns, url: "http://192.0.2.53:8081/api/v1/servers/${comment}", key: "\${{ secrets.powerdns }}" }
  - task: pve_storage_download
    with: { storage: local, content: import, filename: ${comment}.qcow2, url: https://images.example.net/debian.qcow2 }
  - task: pve_sdn_controller
    with: { id: fabric, type: evpn, asn: 65000, peers: [${peers}] }
  - { id: zone, task: pve_sdn_zone, with: { id: crossite, type: evpn, controller: fabric, vrf_vxlan: 99999, mtu: ${mtu}, exit_nodes: [${node}], ipam: pve } }
  - { id: lan, task: pve_sdn_zone, with: { id: lan, type: simple, dhcp: dnsmasq, ipam: pve } }
  - { id: net, task: pve_sdn_vnet, with: { id: crossvnt, zone: crossite, tag: 100000, alias: ${comment} } }
  - { id: lan_net, task: pve_sdn_vnet, with: { id: lan1, zone: lan } }
  - { id: subnet, task: pve_sdn_subnet, with: { vnet: crossvnt, cidr: 10.1.1.0/24, gateway: 10.1.1.1, snat: true } }
  - { id: lan_subnet, task: pve_sdn_subnet, with: { vnet: lan1, cidr: 10.9.1.0/24, gateway: 10.9.1.1, dhcp_ranges: [{ start: 10.9.1.50, end: ${end} }] } }
  - task: pve_sdn_apply
  - task: pve_firewall_alias
    with: { name: admins, cidr: ${rule}, comment: ${comment} }
  - task: pve_firewall_ipset
    with: { name: peers, members: [${peers}] }
  - task: pve_firewall_group
    with:
      name: sdn
      comment: ${comment}
      rules:
        - { type: in, action: ACCEPT, proto: udp, dport: "51820" }
        - { type: in, action: ACCEPT, macro: SSH, source: ${rule} }
  - { id: rules, task: pve_firewall_rules, with: { name: sdn, rules: [{ type: group, action: sdn }] } }
  - { id: node_rules, task: pve_firewall_rules, with: { scope: node, name: ${comment}, rules: [{ type: in, action: ACCEPT, macro: Ping, source: ${rule} }] } }
  - task: pve_firewall_options
    with: { enable: true, policy_in: DROP }
  - task: pve_vm
    with: { id: 123, name: sdntest, memory: ${memory}, nics: [{ bridge: crossvnt }], running: true, restart: true }
  - task: pve_ct
    with:
      id: 130
      hostname: sdnct
      description: ${comment}
      template: "local:vztmpl/debian.tar.zst"
      root: { storage: local-lvm, size_gb: 4 }
      nics: [{ name: eth0, bridge: crossvnt, ip: 10.1.1.12/24, gw: 10.1.1.1 }]
      running: true
  - task: pve_sdn_ipam
    with: { id: pve, type: pve, entries: [{ vnet: lan1, mac: "bc:24:11:00:00:11", ip: 10.9.1.${memory === 512 ? 11 : 12} }] }
`;

const GONE = `${HEAD}
  - task: pve_firewall_options
    with: { enable: false }
  - { id: rules, task: pve_firewall_rules, with: { name: sdn, rules: [], state: absent } }
  - { task: pve_firewall_group, with: { name: sdn, state: absent } }
  - { task: pve_firewall_ipset, with: { name: peers, state: absent } }
  - { task: pve_firewall_alias, with: { name: admins, cidr: 10.3.0.0/16, state: absent } }
  - { task: pve_vm, with: { id: 123, state: absent } }
  - { task: pve_ct, with: { id: 130, running: false, state: absent } }
  - { task: pve_sdn_subnet, with: { vnet: crossvnt, cidr: 10.1.1.0/24, state: absent } }
  - { task: pve_sdn_vnet, with: { id: crossvnt, zone: crossite, state: absent } }
  - { task: pve_sdn_zone, with: { id: crossite, type: evpn, state: absent } }
  - { task: pve_sdn_controller, with: { id: fabric, type: evpn, state: absent } }
  - task: pve_sdn_apply
`;

test('every task of Proxmox is in it', () => {
  const tasks = readdirSync(join(here, '../../tasks')).filter((file) => file.startsWith('pve_'));
  const missing = tasks.filter(
    (file) => !new RegExp(`\\btask: ${file.replace('.ts', '')}\\b`).test(book(FIRST)),
  );
  assert.equal(missing, []);
});

for (const version of ['8.4.1', '9.1.1']) {
  test(
    `made, changed and taken away on ${version}: each change is foretold, to the last byte and in its order`,
    () =>
      withFleet(['alpha'], async (fleet: Fleet) => {
        const sh = (script: string): string => fleet.server('alpha').run(script);
        sh(lifeAsNode([`version ${version}`, 'route 0.0.0.0/0 vmbr0 192.0.2.5', 'tools /srv/tools']));
        sh(`mkdir -p /srv/tools /etc/dbus-1/system.d /etc/default /var/lib/vz/template/cache
echo template >/var/lib/vz/template/cache/debian.tar.zst
printf '#!/bin/sh\\n' >/srv/tools/dnsmasq; chmod 755 /srv/tools/dnsmasq
mkdir -p /etc/by-source; mv /usr/bin/pvesh /usr/bin/pvesh-stand-in
printf 'auto lo\\niface lo inet loopback\\n\\niface eno2 inet manual\\n\\ttype eth\\n' >/etc/network/interfaces
cat >/usr/bin/pvesh <<'PROGRAM'
${bySource}PROGRAM
chmod 755 /usr/bin/pvesh`);
        const counts: number[] = [];
        for (const text of [book(FIRST), book(SECOND), GONE]) {
          const dry = await fleet.run(text, { dryRun: true, env: ENV });
          assert.is(dry.exit, 0, JSON.stringify(dry.of('step')));
          const real = await fleet.run(text, { env: ENV });
          assert.is(real.exit, 0, JSON.stringify(real.of('step').filter(({ failure }) => failure)));
          const { wrong, made, exact, partly, later } = forecast(dry, real, 'alpha');
          assert.equal([wrong, partly, later], [[], [], []]);
          assert.is(exact, made);
          counts.push(made);
          assert.equal((await fleet.run(text, { env: ENV })).changes('alpha'), []);
        }
        console.log(`Proxmox ${version}: ${counts.join(' + ')} changes, all foretold to the last byte`);
      }),
    300_000,
  );
}
