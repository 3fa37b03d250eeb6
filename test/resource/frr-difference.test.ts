/** What frr-reload says it would do, as a difference; what counts as none. */
import { frrDifference, parseFrrTest } from '../../lib/resources/frr/frr-difference.ts';
import { assert, suite } from '../suite.ts';

const test = suite('frr-difference');
const none = { remove: [], add: [] };

test('commands are told apart by what they stand in, and shown as lines of a configuration', () => {
  const commands = parseFrrTest(`
Lines To Delete
===============
router bgp 65000
 no neighbor 192.0.2.9 remote-as 65009
router bgp 65000
 address-family l2vpn evpn
  no neighbor 192.0.2.9 activate
router bgp 65000
 bgp default show-hostname
no router ospf

Lines To Add
============
ip forwarding
router bgp 65000 vrf red
router bgp 65000 vrf red
 bgp router-id 10.1.0.1
router bgp 65000 vrf red
 address-family ipv4 unicast
  redistribute connected
no ip prefix-list old seq 5 permit 10.0.0.0/8
`);
  assert.is(commands.remove.length, 4);
  assert.equal(frrDifference(commands, none, 'roz'), {
    surplus: `router bgp 65000
 neighbor 192.0.2.9 remote-as 65009
 address-family l2vpn evpn
  neighbor 192.0.2.9 activate
 no bgp default show-hostname
router ospf
ip prefix-list old seq 5 permit 10.0.0.0/8
`,
    missing: `ip forwarding
router bgp 65000 vrf red
 bgp router-id 10.1.0.1
 address-family ipv4 unicast
  redistribute connected
`,
  });
});

test('what FRR shows of the host is no difference, what is said of another name is', () => {
  const mirror = parseFrrTest('Lines To Delete\n===\nno hostname roz\nip forwarding\nipv6 forwarding\n');
  assert.is(frrDifference(mirror, none, 'roz'), undefined);
  assert.equal(frrDifference(mirror, none, 'wro'), { surplus: 'hostname roz\n', missing: '' });
});

test('where the file itself says `ip forwarding`, a kernel that does not forward differs', () => {
  const off = parseFrrTest('Lines To Delete\n===\nip forwarding\n\nLines To Add\n===\nip forwarding\n');
  const known = { remove: [], add: ['ip forwarding'] };
  assert.equal(frrDifference(off, known, 'roz'), { surplus: 'no ip forwarding\n', missing: '' });
  assert.is(frrDifference(known, known, 'roz'), undefined);
});

test('what a reload of this file left over is known, and nothing else', () => {
  const known = {
    remove: ['interface eth0\n no ipv6 nd ra-interval 10'],
    add: ['router bgp 1\n bgp default ipv4-unicast'],
  };
  assert.is(frrDifference(known, known, 'roz'), undefined);
  const more = { remove: known.remove, add: [...known.add, 'router bgp 1\n no bgp ebgp-requires-policy'] };
  assert.equal(frrDifference(more, known, 'roz'), {
    surplus: '',
    missing: 'router bgp 1\n no bgp ebgp-requires-policy\n',
  });
});
