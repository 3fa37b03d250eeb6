import { readdirSync, readFileSync } from 'node:fs';
import { arch, cpus, release } from 'node:os';
import { factsKind, factsRef } from '../../lib/resources/facts.ts';
import { assert, suite } from '../suite.ts';
import { readOne, scratch } from './shells.ts';

const test = suite('facts');
const area = scratch();
test.after(() => area.end());

const MACHINES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };

for (const shell of area.shells) {
  test(`${shell.name}: this machine's facts`, () => {
    const facts = readOne(shell, factsKind, factsRef());
    const os = readFileSync('/etc/os-release', 'utf8');
    assert.is(facts.os.id, /^ID="?([^"\n]*)/m.exec(os)?.[1]);
    assert.is(facts.os.version, /^VERSION_ID="?([^"\n]*)/m.exec(os)?.[1] ?? '');
    assert.is(facts.kernel, release());
    assert.is(facts.arch, MACHINES[arch()] ?? arch());
    assert.is(facts.hostname, readFileSync('/proc/sys/kernel/hostname', 'utf8').trim());
    assert.is(facts.cpus, cpus().length);
    assert.ok(facts.memory_mb > 64);
    assert.equal(
      facts.interfaces,
      readdirSync('/sys/class/net')
        .filter((name) => name !== 'bonding_masters')
        .sort(),
    );
    assert.is(facts.exists, true);
  });
}

const ANSWER = `@os
ubuntu
24.04
noble
debian
@uname
web 6.8.0 aarch64
@init
systemd
@pm
apt
@virt
kvm
@addr
2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global eth0
2: eth0    inet6 2001:db8::5/64 scope global dynamic
2: eth0    inet6 2001:db8::aaaa/64 scope global temporary dynamic
3: wg0    inet 10.9.0.1/32 scope global wg0
@link
wg0
eth0
@proc
processor\t: 0
processor\t: 1
processor\t: 2
processor\t: 3
wg0\t00000000\t0100000A\t0003\t0\t0\t200\t00000000\t0\t0\t0
eth0\t00000000\t0100000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
@mem
2000000
@id
0123456789abcdef0123456789abcdef
@pve
8.4.1-1
@end
`;

test('addresses, routes and versions are taken from what tools print', () => {
  const [reading] = factsKind.parse(Buffer.from(ANSWER), [factsRef()]);
  assert.ok(reading && 'state' in reading);
  assert.equal(reading.state, {
    exists: true,
    os: { id: 'ubuntu', version: '24.04', codename: 'noble', family: 'debian' },
    arch: 'aarch64',
    kernel: '6.8.0',
    hostname: 'web',
    init: 'systemd',
    package_manager: 'apt',
    virtualization: 'kvm',
    addresses: ['10.0.0.5', '10.9.0.1', '2001:db8::5'],
    interfaces: ['eth0', 'wg0'],
    default_interface: 'eth0',
    cpus: 4,
    memory_mb: 1953,
    machine_id: '0123456789abcdef0123456789abcdef',
    proxmox: '8.4.1',
  });
});

test('an answer cut short is unreadable', () => {
  const cut = Buffer.from(ANSWER.slice(0, -6));
  assert.ok('unreadable' in (factsKind.parse(cut, [factsRef()])[0] ?? {}));
});
