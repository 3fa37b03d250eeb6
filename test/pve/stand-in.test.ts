/** What the stand-in for pvesh does beside the recordings: faults that can be asked of it, several nodes, refusals. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { recordings } from '../fixture/pve/replay.ts';
import { type Machine, machine, standInProgram } from '../fixture/pve/stand-in.ts';
import { assert, suite } from '../suite.ts';

const test = suite('stand-in for pvesh');

async function on(
  settings: readonly string[],
  body: (here: Machine) => Promise<void>,
  limitMs?: number,
): Promise<void> {
  const here = machine(['node alpha', 'route 0.0.0.0/0 vmbr0 192.0.2.1', ...settings], limitMs);
  try {
    await body(here);
  } finally {
    here.remove();
  }
}

const sdn = '/cluster/sdn';
const controller = [
  'create',
  `${sdn}/controllers`,
  '--controller',
  'evpnctl',
  '--type',
  'evpn',
  '--asn',
  '65000',
];
const zone = [
  'create',
  `${sdn}/zones`,
  '--zone',
  'lan',
  '--type',
  'evpn',
  '--controller',
  'evpnctl',
  '--vrf-vxlan',
  '9',
];

/** All of these, each of which must succeed; the last one's stdout. */
async function all(here: Machine, ...calls: readonly (readonly string[])[]): Promise<string> {
  let last = '';
  for (const call of calls) {
    const { rc, stdout, stderr } = await here.pvesh(...call);
    assert.is(rc, 0, `${call.join(' ')}: ${stderr}`);
    last = stdout;
  }
  return last;
}

const json = async <T>(here: Machine, path: string): Promise<T> =>
  JSON.parse(await all(here, ['get', path, '--output-format', 'json'])) as T;

test('what no recording shows is refused with a status of its own', () =>
  on([], async (here) => {
    for (const call of [
      ['get', '/nodes'],
      ['usage', '/cluster/sdn'],
      ['ls', '/cluster/sdn/vnets'],
    ]) {
      const { rc, stderr, stdout } = await here.pvesh(...call);
      assert.is(rc, 99);
      assert.match(stderr, /stand-in: .*no recording shows it/);
      assert.is(stdout, '');
    }
    assert.is((await here.called('pct', 'list')).rc, 99);
    here.write('etc/frr/daemons', 'bgpd=yes');
    await all(here, [
      ...['create', `${sdn}/controllers`, '--controller', 'bgpnode', '--type', 'bgp'],
      ...['--node', 'alpha', '--asn', '65000', '--peers', '10.0.0.1'],
    ]);
    const applied = await here.pvesh('set', sdn);
    assert.is(applied.rc, 99);
    assert.match(applied.stdout, 'stand-in: FRR of a controller of type bgp');
    here.set('versoin 9');
    assert.is((await here.pvesh('get', '/version')).rc, 99);
  }));

test('vnets with tags, on a bridge that knows VLANs and on one that does not, and DHCP of a simple zone', () =>
  on([], async (here) => {
    here.write(
      'etc/network/interfaces',
      `auto vmbr0
iface vmbr0 inet manual
\tbridge-ports eth0
\tbridge-vlan-aware yes

auto vmbr1
iface vmbr1 inet manual
\tbridge-ports eno2
`,
    );
    here.write('etc/dbus-1/system.d/none', '');
    here.lend('dnsmasq', 'exit 0');
    const zone = (id: string, ...more: readonly string[]): readonly string[] => [
      ...['create', `${sdn}/zones`, '--zone', id],
      ...more,
    ];
    const vnet = (id: string, of: string, ...more: readonly string[]): readonly string[] => [
      ...['create', `${sdn}/vnets`, '--vnet', id, '--zone', of],
      ...more,
    ];
    await all(
      here,
      zone('qinqa', '--type', 'qinq', '--bridge', 'vmbr0', '--tag', '10', '--vlan-protocol', '802.1ad'),
      zone('qinqb', '--type', 'qinq', '--bridge', 'vmbr1', '--tag', '11'),
      zone('vlana', '--type', 'vlan', '--bridge', 'vmbr0'),
      zone('simp', '--type', 'simple', '--dhcp', 'dnsmasq', '--ipam', 'pve'),
      vnet('innera', 'qinqa', '--tag', '100'),
      vnet('innerb', 'qinqb', '--tag', '101'),
      vnet('office', 'vlana', '--tag', '20'),
      vnet('guests', 'simp'),
      [
        ...['create', `${sdn}/vnets/guests/subnets`, '--type', 'subnet', '--subnet', '10.9.1.0/24'],
        ...['--gateway', '10.9.1.1', '--dhcp-dns-server', '192.0.2.53'],
        ...['--dhcp-range', 'start-address=10.9.1.50,end-address=10.9.1.99'],
      ],
      ['set', sdn],
    );
    const text = here.read('etc/network/interfaces.d/sdn') ?? '';
    const stanza = (name: string): string =>
      new RegExp(`^iface ${name.replace('.', '\\.')}\\n((?:\\t.*\\n)*)`, 'm')
        .exec(text)?.[1]
        ?.replaceAll('\t', '') ?? '';
    assert.is(stanza('vmbr0'), 'bridge-vlan-protocol 802.1ad\n');
    assert.is(stanza('vmbr0.10'), 'vlan-protocol 802.1ad\n');
    assert.match(stanza('z_qinqa'), 'bridge-ports vmbr0.10 ln_qinqa\n');
    assert.match(stanza('innera'), 'bridge_ports z_qinqa.100\n');
    assert.is(stanza('sv_qinqb'), 'vlan-raw-device eno2\nvlan-id 11\n');
    assert.match(stanza('z_qinqb'), 'bridge-ports sv_qinqb ln_qinqb\n');
    assert.match(stanza('office'), 'bridge_ports vmbr0.20\n');
    assert.is(
      here.read('etc/dnsmasq.d/simp/10-guests.conf'),
      `dhcp-range=set:simp-10.9.1.0-24,10.9.1.0,static,255.255.255.0,infinite
dhcp-option=tag:simp-10.9.1.0-24,option:router,10.9.1.1
dhcp-option=tag:simp-10.9.1.0-24,option:dns-server,192.0.2.53
interface=guests
`,
    );
    here.takeBack('dnsmasq');
    here.set('without dnsmasq');
    const { stdout } = await here.pvesh('set', sdn);
    assert.match(stdout, "cannot reload with missing 'dnsmasq' package");
  }));

test('a node whose reload fails does not make the apply fail', () =>
  on([], async (here) => {
    here.set(`pve ${here.root}/etc/pve`, `peer beta root ${here.root}/beta`, 'fail reload beta');
    await all(here, [...controller, '--peers', '10.0.0.1'], zone);
    const said = await all(here, ['set', sdn]);
    assert.match(
      said,
      /^alpha: reloading network config\nbeta: reloading network config\ncommand 'ifreload -a' failed: exit code 1\nUPID/,
    );
    const status = async (node: string): Promise<string | undefined> =>
      (await json<{ readonly status: string }[]>(here, `/nodes/${node}/tasks`)).find(
        (task) => 'type' in task && task.type === 'srvreload',
      )?.status;
    assert.is(await status('alpha'), 'OK');
    assert.is(await status('beta'), "command 'ifreload -a' failed: exit code 1");
    assert.match(here.read('etc/network/interfaces.d/sdn') ?? '', /^#version:1\n/);
    assert.match(here.read('beta/etc/network/interfaces.d/sdn') ?? '', /^#version:1\n/);
    // Nothing is pending any more; the next apply mends it.
    assert.is(JSON.stringify(await json(here, `${sdn}/zones`)).includes('"state"'), false);
    here.unset('fail reload');
    await all(here, ['set', sdn]);
    assert.is(await status('beta'), 'OK');
  }));

test('a fault that is meant once happens once', () =>
  on(['once fail reload alpha no room left'], async (here) => {
    await all(here, [...controller, '--peers', '10.0.0.1']);
    assert.match(await all(here, ['set', sdn]), /no room left/);
    assert.is(/no room left/.test(await all(here, ['set', sdn])), false);
  }));

test('a worker that dies leaves status 0, and its fault in the task', () =>
  on(['fail task qmcreate:200 disk full'], async (here) => {
    const { rc, stdout, stderr } = await here.pvesh('create', '/nodes/alpha/qemu', '--vmid', '200');
    assert.is(rc, 0);
    assert.is(stderr, 'disk full\n');
    const task = await json<{ readonly exitstatus: string }>(
      here,
      `/nodes/alpha/tasks/${stdout.trim()}/status`,
    );
    assert.is(task.exitstatus, 'disk full');
    assert.equal(await json(here, '/nodes/alpha/qemu'), []);
  }));

test('a lock that somebody holds', () =>
  on(['hold sdn/.running-config', 'patience 0'], async (here) => {
    const { rc, stderr } = await here.pvesh(...controller, '--peers', '10.0.0.1');
    assert.is(rc, 255);
    assert.is(
      stderr,
      "create sdn controller object failed: cfs-lock 'file-sdn__running-config' error: got lock request timeout\n",
    );
  }));

test('writers wait for each other, and none is lost', () =>
  on([], async (here) => {
    const names = Array.from({ length: 6 }, (_, index) => `zone${index}`);
    const made = names.map((name) =>
      here.pvesh('create', `${sdn}/zones`, '--zone', name, '--type', 'simple'),
    );
    for (const { rc } of await Promise.all(made)) assert.is(rc, 0);
    const zones = await json<{ readonly zone: string }[]>(here, `${sdn}/zones`);
    assert.equal(
      zones.map((each) => each.zone),
      names,
    );
  }));

test('the lock of 9.x: only who has its token may write', () =>
  on([], async (here) => {
    const token = JSON.parse(await all(here, ['create', `${sdn}/lock`, '--output-format', 'json'])) as string;
    const wrong = await here.pvesh(...controller, '--peers', '10.0.0.1');
    assert.match(wrong.stderr, /^create sdn controller object failed: invalid lock token provided! at /);
    await all(here, [...controller, '--peers', '10.0.0.1', '--lock-token', token]);
    assert.is((await here.pvesh('set', sdn)).rc, 255);
    await all(here, ['set', sdn, '--lock-token', token], ['set', sdn]);
  }));

test('a change behind our back makes a digest stale', () =>
  on([], async (here) => {
    await all(here, [...controller, '--peers', '10.0.0.1']);
    const [object] = await json<{ readonly digest: string }[]>(here, `${sdn}/controllers`);
    here.lend(
      'meddler',
      `case "$1" in set) sed -i 's/65000/65009/' ${here.root}/etc/pve/sdn/controllers.cfg ;; esac`,
    );
    here.set(`hook ${here.root}/lent/meddler`);
    const { rc, stderr } = await here.pvesh(
      ...['set', `${sdn}/controllers/evpnctl`, '--asn', '65001', '--digest', object?.digest ?? ''],
    );
    assert.is(rc, 255);
    assert.match(stderr, /detected modified configuration - file changed by other user\? Try again\.$/m);
  }));

test('a call that hangs', () =>
  on(
    ['hang ^get /cluster/sdn/zones'],
    async (here) => {
      assert.is((await here.pvesh('get', '/version', '--output-format', 'json')).rc, 0);
      assert.is((await here.pvesh('get', `${sdn}/zones`)).rc, -1);
    },
    700,
  ));

test('a call costs work and time, when asked to', () =>
  on(['cost 0.3 0.2'], async (here) => {
    const began = Date.now();
    await all(here, ['get', '/version', '--output-format', 'json']);
    assert.ok(Date.now() - began >= 500);
  }));

test('every call is noted, so that they can be counted', () =>
  on([], async (here) => {
    await all(
      here,
      ['get', `${sdn}/vnets`, '--output-format', 'json'],
      ['get', '/nodes/alpha/tasks', '--output-format', 'json'],
    );
    const log = (here.read('var/log/pve-stand-in.log') ?? '').trimEnd().split('\n');
    assert.equal(
      log.map((line) => line.split('\t').slice(1, 3).join(' ')),
      ['get /cluster/sdn/vnets', 'get /nodes/alpha/tasks'],
    );
  }));

test('it needs no module that perl-base lacks', () => {
  const modules = [...standInProgram().matchAll(/^(?:use|require) ([A-Z]\w*(?:::\w+)*)/gm)].map(
    ([, name]) => name,
  );
  assert.equal(modules.sort(), ['Fcntl', 'POSIX', 'Socket']);
  const warned = spawnSync('perl', ['-wc', '-'], { input: standInProgram(), encoding: 'utf8' });
  assert.is(warned.stderr, '- syntax OK\n');
});

test('no digest, MAC or UPID of a recording stands in the program', () => {
  const text = recordings().join('\n');
  const values = new Set(
    text.match(/\b[0-9a-f]{40}\b|BC:24:11(:[0-9A-F]{2}){3}|UPID:[^\s":]+:[0-9A-F:]{26}/g),
  );
  assert.ok(values.size > 100);
  const program = standInProgram();
  assert.equal(
    [...values].filter((value) => program.includes(value)),
    [],
  );
});

test('nodes that share no folder are kept alike, and are called as by ssh', () =>
  on([], async (here) => {
    // The other node is a folder, too: the program and /etc/pve of the other are found there by what stands for ssh.
    const other = `${here.root}/other`;
    here.write('other/stand-in', `node beta\nroot ${other}\nroute 0.0.0.0/0 vmbr0 192.0.2.2\n`);
    here.lend(
      'reach',
      `line=$(printf '%s' "$1" | sed "s|${here.root}/etc/pve|${other}/etc/pve|; s|/usr/bin/pvesh|${here.root}/usr/bin/pvesh|")
PVE_STAND_IN=${other}/stand-in exec sh -c "$line"`,
    );
    here.set(`peer beta ${here.root}/lent/reach`, 'share on');
    await all(here, [...controller, '--peers', '10.0.0.1'], zone);
    await all(here, ['set', `${sdn}/zones/lan`, '--exitnodes', 'beta'], ['set', sdn]);
    assert.is(here.read('other/etc/pve/sdn/zones.cfg'), here.read('etc/pve/sdn/zones.cfg'));
    assert.match(here.read('other/etc/network/interfaces.d/sdn') ?? '', /^#version:1\n/);
    await all(here, ['create', '/nodes/beta/qemu', '--vmid', '200', '--description', "it's two  words"]);
    assert.match(here.read('other/etc/pve/nodes/beta/qemu-server/200.conf') ?? '', /^#it's two {2}words$/m);
  }));

test('interfaces of a node wait in a file of their own until its network is reloaded', () =>
  on([], async (here) => {
    const first =
      'auto lo\niface lo inet loopback\n\niface eno1 inet manual\n\nauto vmbr0\niface vmbr0 inet static\n\taddress 192.0.2.1/24\n\tbridge-ports eno1\n\tbridge-stp off\n\tbridge-fd 0\n\nsource /etc/network/interfaces.d/*\n';
    here.write('etc/network/interfaces', first);
    const n = '/nodes/alpha/network';
    await all(
      here,
      ['set', `${n}/vmbr0`, '--type', 'bridge', '--mtu', '9000'],
      ['set', `${n}/eno1`, '--type', 'eth', '--mtu', '9000'],
      ['create', n, '--iface', 'vmbr1', '--type', 'bridge', '--cidr', '10.5.0.1/24', '--autostart', '1'],
    );
    const again = await here.pvesh('create', n, '--iface', 'vmbr1', '--type', 'bridge');
    assert.match(again.stderr, /^iface: interface already exists$/m);
    assert.is(here.read('etc/network/interfaces'), first);
    const found = await json<{ readonly iface: string; readonly mtu?: string; readonly cidr?: string }[]>(
      here,
      n,
    );
    assert.equal(found.map(({ iface, mtu, cidr }) => [iface, mtu, cidr]).sort(), [
      ['eno1', '9000', undefined],
      ['vmbr0', '9000', '192.0.2.1/24'],
      ['vmbr1', undefined, '10.5.0.1/24'],
    ]);
    await all(here, ['set', n]);
    assert.match(
      here.read('etc/network/interfaces') ?? '',
      /\n\nsource \/etc\/network\/interfaces\.d\/\*\n$/,
    );
    assert.match(
      here.read('etc/network/interfaces') ?? '',
      /auto vmbr1\niface vmbr1 inet static\n\taddress 10\.5\.0\.1\/24\n/,
    );
    assert.is(here.read('etc/network/interfaces.new'), undefined);
    await all(here, ['delete', `${n}/vmbr1`], ['set', n]);
    assert.is(/vmbr1/.test(here.read('etc/network/interfaces') ?? ''), false);
  }));

test('a download whose checksum is wrong leaves no file, and its fault in the task', () =>
  on([], async (here) => {
    const server = createServer((_, response) => response.end('an image\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/deb.qcow2`;
    const storage = '/nodes/alpha/storage/local';
    const fetch = (checksum: string): Promise<string> =>
      all(
        here,
        [
          'create',
          `${storage}/download-url`,
          '--content',
          'import',
          '--filename',
          'deb.qcow2',
          '--url',
          url,
        ].concat(['--checksum-algorithm', 'sha256', '--checksum', checksum]),
      );
    try {
      const upid = (await fetch('00')).trim().split('\n').at(-1);
      const { exitstatus } = await json<{ readonly exitstatus: string }>(
        here,
        `/nodes/alpha/tasks/${upid}/status`,
      );
      assert.match(exitstatus, /^checksum mismatch: /);
      assert.equal(await json(here, `${storage}/content`), []);
      await fetch(createHash('sha256').update('an image\n').digest('hex'));
      const [file] = await json<{ readonly volid: string; readonly size: number }[]>(
        here,
        `${storage}/content`,
      );
      assert.equal([file?.volid, file?.size], ['local:import/deb.qcow2', 9]);
    } finally {
      server.close();
    }
  }));
