/** Logging in to real OpenSSH: keys of all types, locked keys, agents, and what is said when nobody lets us in. */
import { sh } from '../../../lib/base/sh.ts';
import { openSshChannel } from '../../../lib/remote/ssh.ts';
import { collect } from '../../fixture/collect.ts';
import { type Sshd, startSshd, targetOf } from '../../fixture/sshd.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('login');
let sshd: Sshd;
test.before(async () => {
  sshd = await startSshd();
});
test.after(async () => {
  await sshd.stop();
});

test('a key file opens a channel', async () => {
  const channel = await openSshChannel(targetOf(sshd), sh`echo out; echo err >&2; exit 3`);
  assert.equal(await collect(channel), { out: 'out\n', err: 'err\n', end: { rc: 3 } });
});
