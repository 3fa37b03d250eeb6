/** The scratch world of test/fixture: root's shells in it cannot touch this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { sh } from '../../lib/base/sh.ts';
import { openSshChannel } from '../../lib/remote/ssh.ts';
import { collect } from '../fixture/collect.ts';
import { startSshServer } from '../fixture/ssh-server.ts';
import { assert, suite } from '../suite.ts';

const test = suite('scratch world');

for (const shell of ['dash', 'busybox'] as const) {
  test(`${shell}: writes stay inside, last from one exec to the next, and leave with it`, async () => {
    const server = await startSshServer({ world: 'scratch', shell });
    const mounts = readFileSync('/proc/mounts', 'utf8');
    const first = await collect(
      await openSshChannel(server.target(), sh`echo gone >/etc/tightbeam-scratch; sleep 600 & exit 0`),
    );
    assert.equal(first.end, { rc: 0 });
    assert.is(server.run('cat /etc/tightbeam-scratch'), 'gone\n');
    assert.not.ok(existsSync('/etc/tightbeam-scratch'));
    await server.stop();
    assert.is(readFileSync('/proc/mounts', 'utf8'), mounts);
  });
}
