import { array, assert as assertProperty, constantFrom, integer, nat, property, tuple } from 'fast-check';
import { formatCidr, type IpCidr, overlaps, parseCidr } from '../../lib/base/ip-address.ts';
import { indexCidrs } from '../../lib/resources/link/cidr-index.ts';
import { assert, suite } from '../suite.ts';

const test = suite('cidr index');

function cidr(text: string): IpCidr {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`${text} is no network`);
  return parsed;
}

test('what overlaps is found, smaller and larger, in the order in which it was given', () => {
  const texts = [
    '10.1.2.0/24',
    '0.0.0.0/0',
    '10.2.0.0/16',
    '10.1.0.0/16',
    '10.1.2.3/32',
    '::/0',
    '10.1.2.9/24',
  ];
  const index = indexCidrs(texts.map((text) => [cidr(text), text] as const));
  assert.equal(index.overlapping(cidr('10.1.2.0/23')), [
    '10.1.2.0/24',
    '0.0.0.0/0',
    '10.1.0.0/16',
    '10.1.2.3/32',
    '10.1.2.9/24',
  ]);
  assert.equal(index.around(cidr('10.2.255.255')), ['0.0.0.0/0', '10.2.0.0/16']);
  assert.equal(index.overlapping(cidr('fd00::/8')), ['::/0']);
});

test('it finds what comparing each with each finds', async () => {
  const v4 = tuple(nat(3), constantFrom(0, 8, 28, 30, 31, 32), nat(31)).map(([net, prefix, host]) =>
    cidr(`10.0.${net}.${host}/${prefix}`),
  );
  const v6 = tuple(nat(3), integer({ min: 110, max: 128 }), nat(255)).map(([net, prefix, host]) =>
    cidr(`2001:db8::${net}:${host.toString(16)}/${prefix}`),
  );
  const any = tuple(nat(3), v4, v6).map(([which, four, six]) => (which === 0 ? six : four));
  await assertProperty(
    property(array(any, { maxLength: 30 }), any, (all, one) => {
      const index = indexCidrs(all.map((each, at) => [each, at] as const));
      const pairs = all.flatMap((each, at) => (overlaps(each, one) ? [at] : []));
      assert.equal(
        index.overlapping(one),
        pairs,
        `${formatCidr(one)} among ${all.map(formatCidr).join(' ')}`,
      );
    }),
    { numRuns: 500 },
  );
});
