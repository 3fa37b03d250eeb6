/** Names and addresses of hosts. */
import { RunError } from '../../lib/base/error.ts';
import { instancesFor } from '../../lib/lab/inotify.ts';
import { hostNames, hostOf } from '../../lib/lab/lab.ts';
import { assert, suite } from '../suite.ts';

const test = suite('lab names');

test('two hosts are roz and wro; any number up to 200 has names of its own', () => {
  assert.equal(hostNames(2), ['roz', 'wro']);
  const all = hostNames(200);
  assert.is(new Set(all).size, 200);
  for (const name of all) assert.equal(hostNames([name]), [name]);
});

test('the 200th host still has an address of the subnet', () => {
  const lab = { id: 'tb0000', root: '/x', cacheDir: '/y', net: '198.18.0', driver: 'container' as const };
  assert.is(hostOf(lab, 'h200', 199).address, '198.18.0.210');
});

test('containers get inotify instances by their number, and a machine that has more keeps them', () => {
  assert.is(instancesFor(2, 128), 128);
  assert.is(instancesFor(5, 128), 128);
  // The usual 128 were gone with the 16th.
  assert.ok(instancesFor(16, 128) > 128);
  assert.is(instancesFor(30, 128), 424);
  assert.is(instancesFor(200, 8192), 8192);
});

for (const wrong of [
  0,
  -1,
  1.5,
  201,
  Number.NaN,
  ['Roz'],
  ['a', 'a'],
  ['roz-'],
  ['thirteenchars'],
  ['a/b'],
  [''],
]) {
  test(`refused with a hint: ${JSON.stringify(wrong)}`, () => {
    try {
      hostNames(wrong);
    } catch (error) {
      assert.ok(error instanceof RunError && error.code === 'invalid' && error.hint);
      return;
    }
    assert.unreachable();
  });
}
