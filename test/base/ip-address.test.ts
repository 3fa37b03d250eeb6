import {
  contains,
  formatAddress,
  formatCidr,
  hostOf,
  type IpCidr,
  networkOf,
  overlaps,
  parseAddress,
  parseCidr,
  sameAddress,
} from '../../lib/base/ip-address.ts';
import { assert, suite } from '../suite.ts';

const test = suite('ip address');

function cidr(text: string): IpCidr {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`${text} is no network`);
  return parsed;
}

test('addresses are read and written as the kernel writes them', () => {
  const forms: Readonly<Record<string, string>> = {
    '10.1.0.1': '10.1.0.1',
    '0.0.0.0': '0.0.0.0',
    '255.255.255.255': '255.255.255.255',
    '::': '::',
    '::1': '::1',
    'FE80::1': 'fe80::1',
    '2001:0db8:0:0:0:0:0:1': '2001:db8::1',
    '2001:db8:0:1:0:0:0:1': '2001:db8:0:1::1',
    '2001:db8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
    '1:0:2:3:4:5:6:7': '1:0:2:3:4:5:6:7',
    '1:2:3:4:5:6:7::': '1:2:3:4:5:6:7:0',
    '::ffff:10.1.0.1': '::ffff:10.1.0.1',
    '64:ff9b::192.0.2.1': '64:ff9b::c000:201',
  };
  for (const [text, plain] of Object.entries(forms)) {
    const address = parseAddress(text);
    assert.is(address && formatAddress(address), plain, text);
  }
});

test('what is no address is refused', () => {
  const wrong = [
    '',
    '10.1.0',
    '10.1.0.256',
    '10.1.0.01',
    '10.1.0.1.1',
    ' 10.1.0.1',
    '10.1.0.1/8',
    'a.b.c.d',
    '1::2::3',
    ':1',
    '1:',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'fe80::1%eth0',
    '::256.1.1.1',
    'g::',
    '1.2.3.4::',
  ];
  for (const text of wrong) assert.is(parseAddress(text), undefined, text);
  for (const text of [
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/08',
    '::/129',
    '/8',
    '10.0.0.0/8/8',
  ])
    assert.is(parseCidr(text), undefined, text);
});

test('a prefix length left out is that of one address', () => {
  assert.is(formatCidr(cidr('10.1.0.1')), '10.1.0.1/32');
  assert.is(formatCidr(cidr('2001:db8::1')), '2001:db8::1/128');
  assert.is(formatCidr(hostOf(cidr('10.1.0.1/16'))), '10.1.0.1/32');
});

test('host bits go', () => {
  const forms: Readonly<Record<string, string>> = {
    '10.1.2.3/16': '10.1.0.0/16',
    '10.1.2.3/32': '10.1.2.3/32',
    '10.1.2.3/0': '0.0.0.0/0',
    '192.0.2.129/25': '192.0.2.128/25',
    '2001:db8:1:2:3::4/63': '2001:db8:1:2::/63',
    'ffff::1/0': '::/0',
  };
  for (const [text, network] of Object.entries(forms)) assert.is(formatCidr(networkOf(cidr(text))), network);
});

test('networks that contain each other, and those that do not', () => {
  assert.ok(contains(cidr('10.1.0.9/16'), cidr('10.1.255.255')));
  assert.ok(contains(cidr('0.0.0.0/0'), cidr('10.0.0.0/8')));
  assert.ok(contains(cidr('2001:db8::/32'), cidr('2001:db8:ffff::/48')));
  assert.not.ok(contains(cidr('10.1.0.0/16'), cidr('10.0.0.0/8')));
  assert.not.ok(contains(cidr('10.1.0.0/16'), cidr('10.2.0.1')));
  assert.not.ok(contains(cidr('0.0.0.0/0'), cidr('::1')));
  assert.ok(overlaps(cidr('10.1.0.0/16'), cidr('10.0.0.0/8')));
  assert.not.ok(overlaps(cidr('10.1.0.0/24'), cidr('10.1.1.0/24')));
  assert.ok(sameAddress(cidr('10.1.0.1/16'), cidr('10.1.0.1/24')));
  assert.not.ok(sameAddress(cidr('0.0.0.1'), cidr('::1')));
});
