import {
  ETHERNET_MTU,
  mtuFault,
  VXLAN_OVERHEAD,
  vxlanMtu,
  wireguardMtu,
} from '../../lib/resources/link/overlay-mtu.ts';
import { assert, suite } from '../suite.ts';

const test = suite('overlay mtu');

test('each layer from the one below', () => {
  const tunnel = wireguardMtu(ETHERNET_MTU);
  assert.is(tunnel, 1420);
  assert.is(vxlanMtu(tunnel), 1370);
  assert.is(vxlanMtu(tunnel, true), 1350);
});

test('too large, too small, and the edges', () => {
  const layer = { layer: 'VXLAN', below: 1420, overhead: VXLAN_OVERHEAD };
  assert.is(mtuFault({ ...layer, mtu: 1370 }), undefined);
  assert.match(mtuFault({ ...layer, mtu: 1371 })?.message ?? '', '1370 is the most');
  assert.is(mtuFault({ ...layer, mtu: 576 }), undefined);
  assert.match(mtuFault({ ...layer, mtu: 575 })?.message ?? '', 'needs 576');
  assert.is(mtuFault({ ...layer, mtu: 1280, ipv6: true }), undefined);
  assert.match(mtuFault({ ...layer, mtu: 1279, ipv6: true })?.message ?? '', 'IPv6 needs 1280');
});
