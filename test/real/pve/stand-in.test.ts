/**
 * What the stand-in for pvesh applies, on kernels that have VRF: real devices, real FRR, machines behind them. One site is
 * 9.1.1, the other 8.4.1. Faults of the underlay show by themselves.
 */

import { labSuite } from '../../fixture/lab-suite.ts';
import { lifeAsNode } from '../../fixture/pve/lab-node.ts';
import { assert } from '../../suite.ts';

const PACKAGES = ['wireguard-tools', 'nftables', 'frr', 'frr-pythontools', 'curl', 'iptables'];

interface Site {
  readonly host: 'roz' | 'wro';
  readonly version: string;
  readonly underlay: string;
  readonly subnet: string;
  readonly gateway: string;
  readonly guest: string;
}

const ROZ: Site = {
  host: 'roz',
  version: '9.1.1',
  underlay: '10.1.0.1',
  subnet: '10.1.1.0/24',
  gateway: '10.1.1.1',
  guest: '10.1.1.11',
};
const WRO: Site = {
  host: 'wro',
  version: '8.4.1',
  underlay: '10.2.0.1',
  subnet: '10.2.1.0/24',
  gateway: '10.2.1.1',
  guest: '10.2.1.9',
};

const { test, lab } = labSuite(
  'apply of the stand-in',
  2,
  async (project) => {
    const keys = new Map<string, string>();
    for (const { host, version } of [ROZ, WRO]) {
      const made = await project.byHand(
        host,
        `${lifeAsNode([`version ${version}`, 'devices real'])}
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
ip link add vmbr0 type bridge; ip address add 192.168.3.1/16 dev vmbr0; ip link set vmbr0 up
wg genkey >/etc/wireguard/key; wg pubkey </etc/wireguard/key`,
      );
      keys.set(host, made.trim().split('\n').at(-1) ?? '');
    }
    for (const [one, other] of [
      [ROZ, WRO],
      [WRO, ROZ],
    ] as const) {
      await project.byHand(
        one.host,
        `cat >/etc/wireguard/wg0.conf <<EOF
[Interface]
Address = ${one.underlay}/16
PrivateKey = $(cat /etc/wireguard/key)
ListenPort = 51820
[Peer]
PublicKey = ${keys.get(other.host)}
AllowedIPs = ${other.underlay}/16
Endpoint = ${project.address(other.host)}:51820
EOF
wg-quick up wg0 2>&1`,
      );
    }
  },
  { driver: 'uml', packages: PACKAGES },
);

const objects = ({ host, subnet, gateway }: Site): string => `set -e
pvesh create /cluster/sdn/controllers --controller evpnctl --type evpn --asn 65000 --peers 10.2.0.1,10.1.0.1
pvesh create /cluster/sdn/zones --zone crossite --type evpn --controller evpnctl --vrf-vxlan 99999 --mtu 1370 --exitnodes ${host} --ipam pve
pvesh create /cluster/sdn/vnets --vnet crossvnt --zone crossite --tag 100000 --alias 'Cross site'
pvesh create /cluster/sdn/vnets/crossvnt/subnets --type subnet --subnet ${subnet} --gateway ${gateway} --snat 1
pvesh set /cluster/sdn 2>&1
pvesh get /nodes/${host}/tasks --typefilter srvreload --limit 1 --output-format json`;

const guest = ({ host, guest: address, gateway }: Site): string => `set -e
pvesh create /nodes/${host}/qemu --vmid 123 --name sdntest --net0 virtio,bridge=crossvnt,mtu=1 --net1 virtio,bridge=vmbr0 \\
  --ipconfig0 ip=${address}/24,gw=${gateway} --ipconfig1 ip=192.168.3.12/16
pvesh create /nodes/${host}/qemu/123/status/start 2>&1
pvesh get /nodes/${host}/qemu/123/status/current --output-format json`;

/** The last line of what a script prints, as JSON. */
const lastJson = (text: string): unknown => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');

test('an apply brings the devices up and loads FRR', async () => {
  for (const site of [ROZ, WRO]) {
    const said = await lab().byHand(site.host, objects(site));
    assert.is((lastJson(said) as { status: string }[])[0]?.status, 'OK', said);
    const links = await lab().byHand(site.host, 'ip -d -o link; ip -o address');
    for (const name of ['crossvnt', 'vrf_crossite', 'vrfbr_crossite', 'vrfvx_crossite', 'vxlan_crossvnt'])
      assert.match(links, ` ${name}: `);
    assert.match(links, new RegExp(`vxlan id 100000 local ${site.underlay} .*dstport 4789 nolearning`));
    assert.match(links, new RegExp(`crossvnt +inet ${site.gateway}/24`));
    assert.match(
      await lab().byHand(site.host, 'vtysh -c "show running-config"'),
      `bgp router-id ${site.underlay}`,
    );
    const zones = await lab().byHand(
      site.host,
      `pvesh get /nodes/${site.host}/sdn/zones --output-format json`,
    );
    assert.equal(lastJson(zones), [{ zone: 'crossite', status: 'available' }]);
  }
}, 240_000);

test('machines on both sides reach each other with whole packets', async () => {
  for (const site of [ROZ, WRO]) {
    const current = lastJson(await lab().byHand(site.host, guest(site))) as { status: string };
    assert.is(current.status, 'running');
  }
  for (const [from, to] of [
    [ROZ, WRO],
    [WRO, ROZ],
  ] as const) {
    const ping = `ip netns exec vm123 ping -q -c 1 -W 1 -M do -s ${1370 - 28} ${to.guest}`;
    const answer = await lab().byHand(
      from.host,
      `for i in $(seq 40); do ${ping} >/dev/null 2>&1 && echo reached && exit; sleep 1; done
vtysh -c 'show bgp summary' -c 'show bgp l2vpn evpn' -c 'show ip route vrf all'; ip netns exec vm123 ip route; ip neigh`,
    );
    assert.match(answer, 'reached');
    assert.match(await lab().byHand(from.host, 'vtysh -c "show bfd peers brief"'), / up/);
  }
}, 240_000);

test('an apply while WireGuard is down takes the address of the management network', async () => {
  await lab().byHand('roz', 'wg-quick down wg0 2>&1; pvesh set /cluster/sdn 2>&1');
  const address = lab().address('roz');
  assert.match(await lab().byHand('roz', 'cat /etc/frr/frr.conf'), `bgp router-id ${address}`);
  assert.match(await lab().byHand('roz', 'ip -d link show vxlan_crossvnt'), `local ${address} `);
  await lab().byHand('roz', 'wg-quick up wg0 2>&1; pvesh set /cluster/sdn 2>&1');
  assert.match(await lab().byHand('roz', 'ip -d link show vxlan_crossvnt'), 'local 10.1.0.1 ');
}, 120_000);

test('rules of source NAT pile up, and stay when it is switched off', async () => {
  const count = 'iptables -t nat -S POSTROUTING | grep -c -- "-s 10.1.1.0/24 -o [^ ]* -j SNAT"';
  assert.is(await lab().byHand('roz', count), '3\n');
  await lab().byHand(
    'roz',
    `pvesh set /cluster/sdn/vnets/crossvnt/subnets/crossite-10.1.1.0-24 --snat 0 && pvesh set /cluster/sdn`,
  );
  assert.is(await lab().byHand('roz', count), '3\n');
}, 60_000);

test('what is deleted is taken down by the next apply', async () => {
  await lab().byHand(
    'wro',
    `set -e
pvesh create /nodes/wro/qemu/123/status/stop
pvesh delete /cluster/sdn/vnets/crossvnt/subnets/crossite-10.2.1.0-24
pvesh delete /cluster/sdn/vnets/crossvnt
pvesh delete /cluster/sdn/zones/crossite
pvesh set /cluster/sdn 2>&1`,
  );
  const links = await lab().byHand('wro', 'ip -o link; ip netns list');
  assert.is(/crossvnt|crossite|vm123|tap123/.test(links), false, links);
}, 120_000);
