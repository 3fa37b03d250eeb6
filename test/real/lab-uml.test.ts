/** Lab hosts under user-mode Linux: a kernel of their own, true reboots, panics, and nothing left behind. Needs root. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RunError } from '../../lib/base/error.ts';
import { labDown } from '../../lib/lab/down.ts';
import { exec } from '../../lib/lab/exec.ts';
import { labProcesses, signal } from '../../lib/lab/process.ts';
import { readState } from '../../lib/lab/state.ts';
import { labStatus } from '../../lib/lab/status.ts';
import { labUp } from '../../lib/lab/up.ts';
import { type LabProject, openLab } from '../fixture/lab-run.ts';
import { labTrace, traceChanges } from '../fixture/lab-trace.ts';
import { assert, suite } from '../suite.ts';

const test = suite('lab uml');
const fixture = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixture', 'lab-up.ts');
const quiet = (): void => undefined;
const world: { before: readonly string[]; lab?: LabProject } = { before: [] };

test.before(async () => {
  world.before = await labTrace('');
  world.lab = await openLab(2, { driver: 'uml', packages: ['nftables', 'wireguard-tools'] });
});
test.after(async () => {
  await world.lab?.down();
});

function lab(): LabProject {
  if (!world.lab) throw new Error('no lab');
  return world.lab;
}

const bootId = (host: string): Promise<string> => lab().byHand(host, 'cat /proc/sys/kernel/random/boot_id');

async function stateOf(host: string): Promise<string | undefined> {
  return (await labStatus(lab().root)).find((one) => one.name === host)?.state;
}

async function until(what: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await what()); await sleep(100)) {
    if (Date.now() > end) throw new Error('not within a minute');
  }
}

test('two whole Debian systems, each under a kernel that is not the machine’s', async () => {
  const mine = readFileSync('/proc/sys/kernel/osrelease', 'utf8');
  for (const host of ['roz', 'wro']) {
    const said = await lab().byHand(
      host,
      'hostname; systemctl is-system-running --wait; systemctl --failed -q; uname -r',
    );
    assert.match(said, new RegExp(`^${host}\nrunning\n\\d`));
    assert.not.match(said, mine);
  }
  assert.match(readFileSync(join(lab().root, 'inventory/lab/hosts.yaml'), 'utf8'), 'vrf: vrf_site');
}, 120_000);

test('up again changes nothing; containers beside these hosts are refused', async () => {
  const before = await bootId('roz');
  const again = await labUp({ root: lab().root, log: quiet });
  assert.equal([again.booted, again.driver], [[], 'uml']);
  assert.is(await bootId('roz'), before);
  try {
    await labUp({ root: lab().root, log: quiet, driver: 'container' });
    assert.unreachable('not refused');
  } catch (error) {
    assert.ok(error instanceof RunError, String(error));
    assert.is(error.code, 'refused');
    assert.match(error.message, 'has the driver uml, not container');
  }
});

test('kernel modules and VRF: two networks of one address, told apart', async () => {
  const modules = 'vrf vxlan bridge br_netfilter veth dummy tun nf_tables nft_masq sch_netem wireguard';
  await lab().byHand('roz', `modprobe -a ${modules}`);
  await lab().byHand(
    'roz',
    `ip link add vrf_site type vrf table 100 && ip link set vrf_site up &&
    ip netns add behind && ip link add port type veth peer name nic netns behind &&
    ip link set port master vrf_site up && ip address add 10.9.0.1/24 dev port &&
    ip -n behind address add 10.9.0.2/24 dev nic && ip -n behind link set nic up`,
  );
  assert.match(await lab().byHand('roz', 'ip vrf exec vrf_site ping -c 1 -W 5 10.9.0.2'), ' 0% packet loss');
  assert.match(
    await lab().byHand('roz', 'ip route get 10.9.0.2'),
    `via ${lab().address('roz').replace(/\d+$/, '1')}`,
  );
}, 60_000);

test('every sysctl and the clock are the host’s own', async () => {
  const mine = readFileSync('/proc/sys/vm/swappiness', 'utf8');
  assert.is(await lab().byHand('wro', 'sysctl -qw vm.swappiness=33; cat /proc/sys/vm/swappiness'), '33\n');
  assert.is(readFileSync('/proc/sys/vm/swappiness', 'utf8'), mine);
  assert.match(await lab().byHand('wro', 'date -s 2040-01-01 >/dev/null; date -I'), '2040-01-01');
  assert.ok(new Date().getFullYear() < 2040);
});

test('packets: from host to host, in bulk both ways, and to the mirror', async () => {
  await lab().byHand('roz', `ping -c 1 -W 5 -s 1472 -M do ${lab().address('wro')}`);
  const bulk = await lab().byHand('roz', 'head -c 20000000 /dev/zero | tr "\\\\0" x');
  assert.is(bulk.length, 20_000_000);
  const key = ['-F', 'none', '-o', 'BatchMode=yes', '-i', join(lab().root, 'inventory/lab/id_ed25519')];
  const known = ['-o', `UserKnownHostsFile=${join(lab().root, 'inventory/lab/known_hosts')}`];
  const up = await exec('ssh', [...key, ...known, `root@${lab().address('roz')}`, 'wc -c'], bulk);
  assert.is(up.out, '20000000\n', up.err);
  const install = 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy tree';
  await lab().byHand('roz', install);
}, 240_000);

test('nftables of the family inet, and WireGuard: what Debian leaves out of this kernel', async () => {
  const table = `table inet probe {
    chain open { type filter hook input priority 0; policy accept; ct state established accept; tcp dport 99 reject; }
    chain clamp { type filter hook forward priority 0; tcp flags syn tcp option maxseg size set rt mtu; }
    chain out { type nat hook postrouting priority srcnat; ip saddr 10.0.0.0/8 masquerade; fib daddr type local accept; }
  }`;
  await lab().byHand('roz', `nft -f - <<'END'\n${table}\nEND`);
  assert.match(await lab().byHand('roz', 'nft list tables; nft delete table inet probe'), 'table inet probe');
  assert.match(
    await lab().byHand('roz', 'ip link add wg0 type wireguard && ip -d link show wg0'),
    'wireguard',
  );
});

const STRAYS = `nft add table ip stray && ip address add 203.0.113.9/32 dev lo && modprobe dummy &&
  sysctl -qw net.ipv4.ip_default_ttl=33 vm.swappiness=33 && touch /root/kept /run/stray`;
const LEFT = `nft list tables; ip -o address | grep -o 203.0.113.9; grep -w dummy /proc/modules
  cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/vm/swappiness; ls /run/stray /root/kept 2>/dev/null; true`;
const FRESH = '64\n60\n/root/kept\n';

test('reboot: what was not made to last is gone, files stay', async () => {
  await lab().byHand('roz', STRAYS);
  assert.match(
    await lab().byHand('roz', LEFT),
    /stray\n203\.0\.113\.9\ndummy[\s\S]*33\n33\n\/root\/kept\n\/run\/stray\n$/,
  );
  const before = await bootId('roz');
  await lab().reboot('roz');
  assert.is(await lab().byHand('roz', LEFT), FRESH);
  assert.is.not(await bootId('roz'), before);
  const row = (await labStatus(lab().root)).find((one) => one.name === 'roz');
  assert.is(row?.state, 'running');
  assert.ok((row?.uptimeSeconds ?? 999) < 60);
  // It shut down in order: the file system was taken off, not torn off.
  assert.not.match(await lab().byHand('roz', 'dmesg'), /recovery complete/);
}, 120_000);

function supervisor(host: string): number | undefined {
  const state = readState(lab().root);
  const found = state ? labProcesses(state.lab, `${state.lab.id}-${host}`) : [];
  return found.find((one) => one.kind === 'machine')?.pid;
}

test('a reboot without a shutdown, asked for by the guest, boots again', async () => {
  const before = supervisor('wro');
  await lab().ssh(
    'wro',
    'touch /root/kept; sync; sysctl -qw vm.swappiness=33; { sleep 0.5; reboot -f; } >/dev/null 2>&1 &',
  );
  // A connection from before would hang: the new kernel knows nothing of it.
  await until(async () => ![before, undefined].includes(supervisor('wro')));
  await until(async () => (await stateOf('wro')) === 'running');
  assert.is(await lab().byHand('wro', 'cat /proc/sys/vm/swappiness; ls /root/kept'), '60\n/root/kept\n');
}, 120_000);

test('a host that was powered off or has panicked stays down; up boots it with its disk', async () => {
  await lab().ssh('roz', 'systemctl poweroff');
  await lab().ssh('wro', 'sync; { sleep 0.5; echo c >/proc/sysrq-trigger; } >/dev/null 2>&1 &');
  for (const host of ['roz', 'wro']) await until(async () => (await stateOf(host)) === 'gone');
  assert.match(readFileSync(join(lab().root, '.run/lab/wro.log'), 'utf8'), 'Kernel panic');
  assert.equal((await labUp({ root: lab().root, log: quiet })).booted, ['roz', 'wro']);
  for (const host of ['roz', 'wro']) await lab().byHand(host, 'test -e /root/kept');
}, 180_000);

test('up mends a host whose keeper was killed, and adds a third', async () => {
  const state = readState(lab().root);
  assert.ok(state);
  const machine = `${state.lab.id}-roz`;
  const [keeper] = labProcesses(state.lab, machine).filter((one) => one.kind === 'keeper');
  await signal(keeper?.pid ?? 0, 'KILL');
  const { booted } = await labUp({ root: lab().root, log: quiet, hosts: 3 });
  assert.equal(booted, ['roz', 'lub']);
  for (const host of ['roz', 'wro', 'lub']) assert.is(await stateOf(host), 'running');
  await lab().byHand('roz', 'test -e /root/kept');
}, 180_000);

test('down leaves nothing: processes, links, mounts, files', async () => {
  assert.ok(await labDown({ root: lab().root, log: quiet }));
  assert.equal(readdirSync(lab().root).sort(), ['.package', 'runbooks']);
  assert.equal(traceChanges(world.before, await labTrace(lab().root)), []);
}, 60_000);

for (const afterMs of [1500, 4000]) {
  test(`down after an up that was killed at ${afterMs} ms`, async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', fixture, lab().root, '2', 'uml'], {
      stdio: 'ignore',
    });
    await sleep(afterMs);
    child.kill('SIGKILL');
    await labDown({ root: lab().root, log: quiet });
    await sleep(300);
    assert.equal(readdirSync(lab().root).sort(), ['.package', 'runbooks']);
    assert.equal(traceChanges(world.before, await labTrace(lab().root)), []);
  }, 60_000);
}
