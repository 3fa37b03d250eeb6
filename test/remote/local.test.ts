/** The control machine as a host, through zx: the same session, over a process of ours. */
import { sh } from '../../lib/base/sh.ts';
import { openSession } from '../../lib/remote/session.ts';
import { assert, suite } from '../suite.ts';
import { failure, part, processesWith, TARGET, text, until } from './shell.ts';

const test = suite('local');
const LOCAL = { ...TARGET, connection: 'local' } as const;

test('reads on this machine, 20 MB and all bytes, one round trip', async () => {
  const session = await openSession(LOCAL);
  const [user, big, bytes] = await session.read([
    part('user', sh`id -u; pwd`),
    part('big', sh`head -c 20000000 /dev/zero`),
    part('bytes', sh`printf '\\000\\377\\303'`),
  ]);
  assert.is(text(user), `${process.getuid?.()}\n/\n`);
  assert.is(big?.out.length, 20_000_000);
  assert.is(text(bytes), '\0\xff\xc3');
  assert.is(session.roundTrips, 1);
  assert.is(session.hello?.uid, process.getuid?.());
  await session.close();
});

test('close ends what runs', async () => {
  const session = await openSession(LOCAL);
  const reading = failure(session.read([part('a', sh`sleep 8681`)]));
  await until(() => processesWith('sleep 8681').length > 0, 'it runs');
  await session.close();
  assert.is((await reading).code, 'interrupted');
  assert.is(processesWith('sleep 8681').length, 0);
});

test('large text goes in whole', async () => {
  const session = await openSession(LOCAL);
  const [one] = await session.read([part('a', sh`printf %s ${'a\n'.repeat(2_000_000)} | wc -c`)]);
  assert.is(Number(text(one)), 4_000_000);
  await session.close();
});
