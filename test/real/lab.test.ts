/** The lab itself, on this machine: what it promises about hosts, reboots and what it leaves behind. Needs root. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RunError } from '../../lib/base/error.ts';
import { dropClaim, findLab } from '../../lib/lab/claim.ts';
import { labDown } from '../../lib/lab/down.ts';
import { type ExecResult, exec, must } from '../../lib/lab/exec.ts';
import { DEFAULT_CACHE, diskFolder, type Lab, type LabHost } from '../../lib/lab/lab.ts';
import { unmountUnder } from '../../lib/lab/mount.ts';
import { removeNetwork } from '../../lib/lab/network.ts';
import { endProcesses, labProcesses, signal } from '../../lib/lab/process.ts';
import { labReboot } from '../../lib/lab/reboot.ts';
import { labStatus } from '../../lib/lab/status.ts';
import { labUp } from '../../lib/lab/up.ts';
import { labTrace, traceChanges } from '../fixture/lab-trace.ts';
import { assert, suite } from '../suite.ts';

const test = suite('lab');
const root = mkdtempSync(join(tmpdir(), 'lab-'));
const second = mkdtempSync(join(tmpdir(), 'lab-'));
const folder = join(root, 'inventory', 'lab');
const fixture = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixture', 'lab-up.ts');
const quiet = (): void => undefined;
const world: { before: readonly string[]; hosts: readonly LabHost[] } = { before: [], hosts: [] };

test.before(async () => {
  world.before = await labTrace(root);
});
test.after(async () => {
  for (const place of [root, second]) {
    await labDown({ root: place, log: quiet });
    rmSync(place, { recursive: true, force: true });
  }
});

function host(name: string): LabHost {
  const found = world.hosts.find((one) => one.name === name);
  if (!found) throw new Error(`no host ${name}`);
  return found;
}

function labOf(place: string): Lab {
  const lab = findLab(place, DEFAULT_CACHE);
  if (!lab) throw new Error(`no lab of ${place}`);
  return lab;
}

/** The plain OpenSSH client with nothing but what `up` wrote. */
async function ssh(name: string, script: string, user = 'root', from = folder): Promise<ExecResult> {
  const options = ['StrictHostKeyChecking=yes', `UserKnownHostsFile=${join(from, 'known_hosts')}`];
  const more = ['BatchMode=yes', 'IdentitiesOnly=yes', 'ConnectTimeout=5'];
  const flags = [...options, ...more].flatMap((option) => ['-o', option]);
  const login = `${user}@${host(name).address}`;
  return await exec('ssh', ['-F', 'none', '-i', join(from, 'id_ed25519'), ...flags, login, script]);
}

async function bootId(name: string): Promise<string> {
  return (await ssh(name, 'cat /proc/sys/kernel/random/boot_id')).out.trim();
}

/** Runs lab-up.ts by itself, behind a command that changes what it sees. */
function upApart(wrap: readonly string[], ...args: readonly string[]): Promise<ExecResult> {
  const [program = '', ...rest] = [...wrap, process.execPath, '--import', 'tsx', fixture, ...args];
  return exec(program, rest);
}

test('a lab that is up shows in the trace that the other tests compare', async () => {
  await labUp({ root, log: quiet, hosts: 1 });
  const changes = traceChanges(world.before, await labTrace(root)).join('\n');
  for (const kind of ['link', 'address', 'table', 'mount', 'group', 'process', 'file']) {
    assert.match(changes, new RegExp(`^\\+ ${kind} `, 'm'));
  }
  await labDown({ root, log: quiet });
}, 600_000);

test('up: two whole Debian systems, booted within ten seconds', async () => {
  // The base may have to be built first; that is not the boot.
  await labUp({ root, log: quiet });
  await labDown({ root, log: quiet });
  const started = Date.now();
  const up = await labUp({ root, log: quiet });
  assert.ok(Date.now() - started < 10_000, `${Date.now() - started} ms`);
  world.hosts = up.hosts;
  assert.equal(up.booted, ['roz', 'wro']);
  assert.is(up.inventory, folder);
  for (const name of ['roz', 'wro']) {
    const { out, err } = await ssh(
      name,
      'hostname; systemctl is-system-running --wait; systemctl --failed -q',
    );
    assert.is(out, `${name}\nrunning\n`, err);
  }
  const keys = await Promise.all(['roz', 'wro'].map((name) => ssh(name, 'cat /etc/machine-id')));
  assert.is.not(keys[0]?.out, keys[1]?.out);
}, 600_000);

test('the inventory: a key for its owner alone, hidden from git, and a host key for each host', () => {
  assert.is(statSync(join(folder, 'id_ed25519')).mode & 0o777, 0o600);
  assert.is(readFileSync(join(folder, '.gitignore'), 'utf8'), '*\n');
  const { address } = host('wro');
  assert.match(readFileSync(join(folder, 'hosts.yaml'), 'utf8'), `wro: { address: ${address}, user: root`);
  assert.match(
    readFileSync(join(folder, 'known_hosts'), 'utf8'),
    new RegExp(`^wro,${address} ssh-ed25519 `, 'm'),
  );
});

test('up again changes nothing', async () => {
  const before = await bootId('roz');
  const text = readFileSync(join(folder, 'known_hosts'), 'utf8');
  const up = await labUp({ root, log: quiet });
  assert.equal(up.booted, []);
  assert.is(await bootId('roz'), before);
  assert.is(readFileSync(join(folder, 'known_hosts'), 'utf8'), text);
});

test('accounts: admin has a sudo password, ops has none', async () => {
  assert.is((await ssh('roz', 'sudo -n true', 'admin')).rc, 1);
  assert.is((await ssh('roz', 'echo lab | sudo -S id -u', 'admin')).out, '0\n');
  assert.is((await ssh('wro', 'sudo -n id -u', 'ops')).out, '0\n');
});

test("sysctls: net is the host's own, all else is the machine's and refused", async () => {
  const mine = readFileSync('/proc/sys/net/ipv4/ip_default_ttl', 'utf8');
  const set = await ssh(
    'roz',
    'echo 77 >/proc/sys/net/ipv4/ip_default_ttl && cat /proc/sys/net/ipv4/ip_default_ttl',
  );
  assert.is(set.out, '77\n');
  assert.is(readFileSync('/proc/sys/net/ipv4/ip_default_ttl', 'utf8'), mine);
  for (const file of ['vm/swappiness', 'fs/file-max', 'kernel/threads-max']) {
    const before = readFileSync(`/proc/sys/${file}`, 'utf8');
    const { rc, err } = await ssh('roz', `echo 12345 >/proc/sys/${file}`);
    assert.ok(rc !== 0);
    assert.match(err, 'Read-only file system');
    assert.is(readFileSync(`/proc/sys/${file}`, 'utf8'), before);
  }
});

test('apt: real packages from the real mirror, on both hosts at once', async () => {
  assert.is((await ssh('roz', 'ls /var/lib/apt/lists | grep -c Packages')).out, '0\n');
  const install = 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy tree';
  const results = await Promise.all(['roz', 'wro'].map((name) => ssh(name, install)));
  for (const { rc, out, err } of results) assert.is(rc, 0, out + err);
  assert.match((await ssh('wro', 'tree --version')).out, 'tree v');
}, 180_000);

test('hosts reach each other', async () => {
  assert.is((await ssh('roz', `ping -c 1 -W 2 ${host('wro').address}`)).rc, 0);
});

async function leaveStrays(): Promise<void> {
  const space = host('roz').machine;
  await must('ip', ['netns', 'exec', space, 'nft', 'add', 'table', 'ip', 'stray']);
  const script =
    'ip address add 203.0.113.9/32 dev lo && sysctl -qw net.ipv4.ip_default_ttl=33 && touch /root/kept /run/stray';
  assert.is((await ssh('roz', script)).rc, 0);
}

async function straysLeft(): Promise<string> {
  const tables = await must('ip', ['netns', 'exec', host('roz').machine, 'nft', 'list', 'tables']);
  const script =
    'ip -o address | grep -o 203.0.113.9; cat /proc/sys/net/ipv4/ip_default_ttl; ls /run/stray /root/kept';
  return `${tables}${(await ssh('roz', script)).out}`;
}

const FRESH = '64\n/root/kept\n';

test('reboot: a new network, a new boot, the same disk', async () => {
  await leaveStrays();
  assert.match(await straysLeft(), /stray[\s\S]*203\.0\.113\.9[\s\S]*33/);
  const before = await bootId('roz');
  await labReboot({ root, log: quiet, host: 'roz' });
  assert.is(await straysLeft(), FRESH);
  assert.is.not(await bootId('roz'), before);
  const row = (await labStatus(root)).find((one) => one.name === 'roz');
  assert.is(row?.state, 'running');
  assert.ok((row?.uptimeSeconds ?? 99) < 20);
}, 90_000);

test('a reboot that the guest itself asks for is the same', async () => {
  await leaveStrays();
  const before = await bootId('roz');
  await ssh('roz', 'systemctl reboot');
  for (let tries = 0; tries < 100; tries += 1) {
    const now = await bootId('roz');
    if (now !== '' && now !== before) break;
    await sleep(100);
  }
  assert.is(await straysLeft(), FRESH);
}, 90_000);

test('reboot of a host that is not there: did you mean', async () => {
  try {
    await labReboot({ root, log: quiet, host: 'rox' });
  } catch (error) {
    assert.ok(error instanceof RunError && error.hint?.includes('roz'));
    return;
  }
  assert.unreachable();
});

test('a host that was powered off is gone; up boots it with its disk', async () => {
  await ssh('wro', 'touch /root/kept; systemctl poweroff');
  const state = async (): Promise<string | undefined> =>
    (await labStatus(root)).find((one) => one.name === 'wro')?.state;
  for (let tries = 0; tries < 100 && (await state()) !== 'gone'; tries += 1) await sleep(100);
  assert.is(await state(), 'gone');
  assert.not.ok(existsSync(`/run/netns/${host('wro').machine}`));
  assert.equal((await labUp({ root, log: quiet })).booted, ['wro']);
  assert.is((await ssh('wro', 'test -e /root/kept')).rc, 0);
  assert.is(await state(), 'running');
}, 90_000);

test('up heals: a killed keeper, a lost bridge, a lost link', async () => {
  const lab = labOf(root);
  const { id } = lab;
  const [keeper] = labProcesses(lab, host('roz').machine).filter((one) => one.kind === 'keeper');
  await signal(keeper?.pid ?? 0, 'KILL');
  await must('ip', ['link', 'delete', 'dev', id]);
  await must('ip', ['netns', 'delete', id]);
  await labUp({ root, log: quiet });
  for (const name of ['roz', 'wro']) assert.is((await ssh(name, 'true')).rc, 0);
  assert.is((await ssh('roz', `ping -c 1 -W 2 ${host('wro').address}`)).rc, 0);
}, 90_000);

test('up --hosts 3 adds one; fewer takes none away', async () => {
  const up = await labUp({ root, log: quiet, hosts: 3 });
  assert.equal(up.booted, ['lub']);
  assert.is((await labUp({ root, log: quiet, hosts: 1 })).hosts.length, 3);
}, 90_000);

/** What a boot of this machine takes away: processes, mounts, namespaces, links, tables and all that lies in /run. */
async function loseMachineState(lab: Lab): Promise<void> {
  await endProcesses(() => labProcesses(lab));
  await unmountUnder(diskFolder(lab));
  await removeNetwork(lab);
  dropClaim(lab);
}

test("after this machine's own reboot the hosts are gone, and up brings them back as they were", async () => {
  const { address } = host('roz');
  await ssh('roz', 'echo mine >/root/kept; sync');
  await loseMachineState(labOf(root));
  assert.equal(
    (await labStatus(root)).map((one) => one.state),
    ['gone', 'gone', 'gone'],
  );
  const up = await labUp({ root, log: quiet });
  assert.equal(up.booted, ['roz', 'wro', 'lub']);
  assert.is(host('roz').address, address);
  assert.is((await ssh('roz', 'cat /root/kept')).out, 'mine\n');
}, 90_000);

test('the lab of another project has names and addresses of its own', async () => {
  const other = await labUp({ root: second, log: quiet, hosts: 1 });
  const [roz] = other.hosts;
  assert.is(roz?.name, 'roz');
  assert.is.not(roz?.address, host('roz').address);
  assert.is.not(roz?.machine, host('roz').machine);
  assert.ok(await labDown({ root: second, log: quiet }));
  assert.equal(readdirSync(second), []);
  assert.is((await ssh('roz', 'true')).rc, 0);
}, 90_000);

test("down after this machine's own reboot leaves no disk", async () => {
  await labUp({ root: second, log: quiet, hosts: 1 });
  const lab = labOf(second);
  await loseMachineState(lab);
  assert.ok(existsSync(diskFolder(lab)));
  assert.ok(await labDown({ root: second, log: quiet }));
  assert.not.ok(existsSync(diskFolder(lab)));
}, 60_000);

test('down leaves nothing: files, processes, namespaces, mounts, links, tables, control groups', async () => {
  assert.ok(await labDown({ root, log: quiet }));
  assert.equal(readdirSync(root), []);
  assert.equal(traceChanges(world.before, await labTrace(root)), []);
  assert.not.ok(await labDown({ root, log: quiet }), 'nothing is left to take down');
}, 60_000);

for (const afterMs of [400, 900, 1300, 1800]) {
  test(`down after an up that was killed at ${afterMs} ms`, async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', fixture, root, '2'], { stdio: 'ignore' });
    await sleep(afterMs);
    child.kill('SIGKILL');
    await labDown({ root, log: quiet });
    // A keeper that was being started at that very moment would show up now.
    await sleep(300);
    assert.equal(readdirSync(root), []);
    assert.equal(traceChanges(world.before, await labTrace(root)), []);
  }, 60_000);
}

test('up after an up that was killed', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', fixture, root, '2'], { stdio: 'ignore' });
  await sleep(1000);
  child.kill('SIGKILL');
  world.hosts = (await labUp({ root, log: quiet })).hosts;
  for (const name of ['roz', 'wro']) assert.is((await ssh(name, 'hostname')).out, `${name}\n`);
  await labDown({ root, log: quiet });
  assert.equal(traceChanges(world.before, await labTrace(root)), []);
}, 60_000);

test('without root: the one command that mends it', async () => {
  const { rc, out } = await upApart(['unshare', '--user', '--map-user=1234'], root, '2');
  assert.is(rc, 1);
  assert.match(out, /^invalid: lab: .*needs root\ntype: sudo run lab up/);
});

test('without debootstrap and --no-install: the command that installs it', async () => {
  const hide = 'mount --bind /dev/null "$(command -v debootstrap)" && exec "$@"';
  const { rc, out } = await upApart(['unshare', '--mount', 'sh', '-c', hide, 'sh'], root, '2', 'no-install');
  assert.is(rc, 1);
  assert.match(out, 'invalid: lab: not installed here: debootstrap\ntype: apt-get install');
});
