import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { groupKind, groupRef, userKind, userRef } from '../../lib/resources/user/user.ts';
import { assert, suite } from '../suite.ts';
import { Scratch, SHELLS } from './reading.ts';

const test = suite('users and groups');

const PASSWD = `deploy:x:1001:1001:Deploy, J\xf6rg:/srv/deploy:/bin/bash
frr:x:105:111::/nonexistent:/usr/sbin/nologin`;
const GETENT = `case $1 in
passwd) printf '%s\\n' '${PASSWD}';;
group) [ $# = 1 ] && printf '%s\\n' 'sudo:x:27:other,deploy' 'frrvty:x:112:frr' 'deploy:x:1001:' 'adm:x:4:deploy' || printf 'frr:x:111:\\n';;
shadow) printf '%s\\n' 'deploy:!$6$salt$hash:19000:0:99999:7:::' 'frr:!:19000::::::';;
esac
exit 2`;

for (const shell of SHELLS) {
  test(`reads users with memberships and locks (${shell})`, () => {
    const scratch = new Scratch();
    scratch.command('getent', GETENT);
    const hint = { groups: true, shadow: true };
    const [deploy, frr, gone] = scratch.states(shell, userKind, [
      { key: 'user:deploy', hint },
      { key: 'user:frr', hint },
      { key: 'user:gone', hint },
    ]);
    assert.equal(deploy, {
      exists: true,
      uid: 1001,
      gid: 1001,
      group: 'deploy',
      home: '/srv/deploy',
      shell: '/bin/bash',
      comment: 'Deploy, Jörg',
      groups: ['adm', 'sudo'],
      password: createHash('sha256').update('$6$salt$hash').digest('hex'),
      locked: true,
    });
    assert.is(frr?.password, '');
    assert.is(frr?.locked, true);
    assert.equal(frr?.groups, ['frrvty']);
    assert.is(gone?.exists, false);
    scratch.remove();
  });

  test(`falls back to /etc/passwd without getent (${shell})`, () => {
    const scratch = new Scratch();
    const lone = join(scratch.root, 'lone');
    mkdirSync(lone);
    symlinkSync('/bin/cat', join(lone, 'cat'));
    const [root, gone] = scratch.states(shell, userKind, [userRef('root'), userRef('tb-nobody-here')], lone);
    assert.is(root?.uid, 0);
    assert.is(root?.home, '/root');
    assert.is(gone?.exists, false);
    assert.is(gone?.tool, 'none');
    const [group] = scratch.states(shell, groupKind, [groupRef('root')], lone);
    assert.is(group?.gid, 0);
    scratch.remove();
  });

  test(`a broken database is unreadable, not absent (${shell})`, () => {
    const scratch = new Scratch();
    scratch.command('getent', 'exit 1');
    for (const reading of [
      ...scratch.read(shell, userKind, [userRef('root')]),
      ...scratch.read(shell, groupKind, [groupRef('root')]),
    ]) {
      assert.ok('unreadable' in reading && reading.unreadable.includes('status 1'));
    }
    scratch.remove();
  });

  test(`real users of this machine (${shell})`, () => {
    const scratch = new Scratch();
    const [root] = scratch.states(shell, userKind, [
      { key: 'user:root', hint: { groups: true, shadow: true } },
    ]);
    assert.is(root?.uid, 0);
    assert.is(root?.group, 'root');
    const [byId] = scratch.states(shell, groupKind, [groupRef('0')]);
    assert.is(byId?.gid, 0);
    scratch.remove();
  });
}

test('output cut short is unreadable', () => {
  const [reading] = userKind.parse(Buffer.from('@passwd\nroot:x:0:0:root:/root:/bin/sh\n'), [
    userRef('root'),
  ]);
  assert.ok(reading && 'unreadable' in reading);
});
