import { readFileSync } from 'node:fs';
import { hostnameKind } from '../../lib/resources/kernel/hostname.ts';
import { sysctl } from '../../lib/resources/kernel/sysctl.ts';
import { sysctlKey, sysctlKind } from '../../lib/resources/kernel/sysctl-kind.ts';
import { plainSysctl, sysctlModule, sysctlPath } from '../../lib/resources/kernel/sysctl-name.ts';
import { assert, suite } from '../suite.ts';
import { apply } from './applied.ts';
import { readKind, readOne, scratch } from './shells.ts';

const test = suite('sysctl');
const area = scratch();
test.after(() => area.end());

for (const shell of area.shells) {
  test(`${shell.name}: values of one word, of several, and of none; absent ones`, () => {
    const names = [
      'kernel.ostype',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.ip_local_reserved_ports',
      'kernel.nope',
    ];
    const found = readKind(
      shell,
      sysctlKind,
      names.map((name) => ({ key: sysctlKey(name) })),
    );
    const states = names.map((name) => {
      const reading = found.get(sysctlKey(name));
      return reading && 'state' in reading ? reading.state : undefined;
    });
    const port = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().replace(/\s+/, ' ');
    assert.equal(states, [
      { exists: true, value: 'Linux' },
      { exists: true, value: port },
      { exists: true, value: readFileSync('/proc/sys/net/ipv4/ip_local_reserved_ports', 'utf8').trim() },
      { exists: false, value: '' },
    ]);
  });

  test(`${shell.name}: a value that the kernel does not take fails the change`, () => {
    const { rc, err, draft } = apply(shell, sysctl('kernel.ostype', 'Plan9'));
    assert.is(draft?.summary, 'Linux → Plan9');
    assert.is(rc, 1);
    assert.match(err, /kernel.ostype/);
  });

  test(`${shell.name}: the running name of the host`, () => {
    const state = readOne(shell, hostnameKind, { key: 'hostname:running' });
    assert.is(state.name, readFileSync('/proc/sys/kernel/hostname', 'utf8').trim());
  });
}

test('without an answer everything is unreadable, nothing absent', () => {
  const want = { key: sysctlKey('kernel.ostype') };
  assert.ok('unreadable' in (sysctlKind.parse(Buffer.from(''), [want])[0] ?? {}));
  const host = { key: 'hostname:running' } as const;
  assert.ok('unreadable' in (hostnameKind.parse(Buffer.from('\n'), [host])[0] ?? {}));
});

test('two spellings of a name are one key', () => {
  assert.is(plainSysctl('net/ipv4/conf/eth0.100/rp_filter'), 'net.ipv4.conf.eth0/100.rp_filter');
  assert.is(plainSysctl('net.ipv4.conf.eth0/100.rp_filter'), 'net.ipv4.conf.eth0/100.rp_filter');
  assert.is(sysctlPath('net.ipv4.conf.eth0/100.rp_filter'), '/proc/sys/net/ipv4/conf/eth0.100/rp_filter');
  assert.throws(() => plainSysctl('a..b'), /not the name/);
  assert.throws(() => plainSysctl('../../etc/passwd'), /not the name/);
  assert.is(sysctlModule('net.netfilter.nf_conntrack_max'), 'nf_conntrack');
});
