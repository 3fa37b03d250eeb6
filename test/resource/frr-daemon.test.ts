/** The switches of /etc/frr/daemons, and lines of a configuration whose daemon would not run. */
import { toBytes } from '../../lib/base/bytes.ts';
import { homelessLine, withDaemons } from '../../lib/resources/frr/frr-daemon.ts';
import { assert, suite } from '../suite.ts';

const test = suite('frr-daemon');

test('every way to write a switch is understood, all other lines stay as they are', () => {
  const before = toBytes(
    '# bgpd=no\nbgpd=no\nospfd=1\nospf6d=0\nbfdd="yes" # fast\nisisd=\nbgpd_options="-A ::1"\n',
  );
  assert.is(
    withDaemons(before, ['bgpd', 'ospfd', 'pimd']),
    '# bgpd=no\nbgpd=yes\nospfd=1\nospf6d=0\nbfdd=no # fast\nisisd=\nbgpd_options="-A ::1"\npimd=yes\n',
  );
  const once = withDaemons(before, ['bgpd']);
  assert.is(withDaemons(once, ['bgpd']), once);
});

test('a line whose daemon is not to run is named; lines within it, and other protocols, are not mistaken for it', () => {
  assert.is(homelessLine('router bgp 1\n neighbor x bfd\nrouter ospf6\n', ['bgpd', 'ospf6d']), undefined);
  assert.equal(homelessLine('!\nrouter ospf6\n', ['ospfd']), {
    line: 2,
    text: 'router ospf6',
    daemon: 'ospf6d',
  });
  assert.equal(homelessLine('router ospf vrf red  \n', ['bgpd']), {
    line: 1,
    text: 'router ospf vrf red',
    daemon: 'ospfd',
  });
  assert.is(homelessLine('bfd\n profile x\n', [])?.daemon, 'bfdd');
});
