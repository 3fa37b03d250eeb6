import { existsSync, readdirSync } from 'node:fs';
import { moduleKind, moduleRef } from '../../lib/resources/kernel/kernel-module.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS } from './reading.ts';

const test = suite('kernel modules');

for (const shell of SHELLS) {
  test(`tells loaded, built in and unknown ones apart on this machine (${shell})`, () => {
    const scratch = new Scratch();
    const names = readdirSync('/sys/module').slice(0, 40);
    const states = scratch.states(shell, moduleKind, [...names, 'tb-no-such'].map(moduleRef));
    names.forEach((name, index) => {
      assert.is(states[index]?.exists, true, name);
      assert.is(states[index]?.builtin, !existsSync(`/sys/module/${name}/initstate`), name);
    });
    assert.is(states.at(-1)?.exists, false);
    assert.is(states.at(-1)?.available, false);
    assert.ok(states[0]?.kernel);
    scratch.remove();
  });
}

test('reads what other kernels answer', () => {
  const wants = ['br-netfilter', 'vrf', 'ipv6'].map(moduleRef);
  const out = Buffer.from('@kernel 6.1.0\nloaded br_netfilter\navailable vrf\nbuiltin ipv6\n@end\n');
  const states = moduleKind.parse(out, wants).map((each) => ('state' in each ? each.state : undefined));
  assert.equal(states, [
    { exists: true, builtin: false, available: true, kernel: '6.1.0' },
    { exists: false, builtin: false, available: true, kernel: '6.1.0' },
    { exists: true, builtin: true, available: true, kernel: '6.1.0' },
  ]);
  const [hidden] = moduleKind.parse(Buffer.from('@kernel 6.1.0\nhidden br_netfilter\n@end\n'), wants);
  assert.ok(hidden && 'unreadable' in hidden && hidden.unreadable.includes('container'));
  const [cut] = moduleKind.parse(Buffer.from('@kernel 6.1.0\nloaded br_netfilter\n'), wants);
  assert.ok(cut && 'unreadable' in cut);
});
