/** Channels over SSH: bytes, backpressure, and all the ways to end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sh } from '../../lib/base/sh.ts';
import type { Channel, ChannelEnd } from '../../lib/remote/channel.ts';
import { openSshChannel } from '../../lib/remote/ssh.ts';
import { collect } from '../fixture/collect.ts';
import { type SshServer, startSshServer } from '../fixture/ssh-server.ts';
import { assert, suite } from '../suite.ts';

const test = suite('ssh channel');
let server: SshServer;
test.before(async () => {
  server = await startSshServer({ maxSessions: 1 });
});
test.after(async () => {
  await server.stop();
});

const endOf = (channel: Channel): Promise<ChannelEnd> => new Promise((resolve) => channel.onEnd(resolve));

test('both streams stay apart and the status arrives', async () => {
  const channel = await openSshChannel(server.target(), sh`echo out; echo err >&2; exit 3`);
  assert.equal(await collect(channel), { out: 'out\n', err: 'err\n', end: { rc: 3 } });
});

test('every byte value survives in both directions', async () => {
  const channel = await openSshChannel(server.target(), sh`exec cat`);
  const all = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const out: Buffer[] = [];
  channel.onOut((chunk) => out.push(chunk));
  await channel.write(all);
  while (Buffer.concat(out).length < 256) await sleep(5);
  assert.ok(Buffer.concat(out).equals(all));
  await channel.close();
});

test('a command of bytes that are not UTF-8 arrives as it is', async () => {
  const { quoteBytes } = await import('../../lib/base/sh.ts');
  const { toBytes } = await import('../../lib/base/bytes.ts');
  const word = quoteBytes(toBytes(Buffer.from([0xff, 0xfe, 0x27, 0xe9])));
  const { out } = await collect(await openSshChannel(server.target(), sh`printf %s ${word}`));
  // ssh2's own Server decodes the command as UTF-8 (real sshd: test/real/ssh), so only its ASCII part is judged here.
  assert.match(out, /'/);
});

test('writing waits for a reader that does not read', async () => {
  const channel = await openSshChannel(server.target(), sh`sleep 0.5; wc -c`);
  const started = performance.now();
  const answer = collectOut(channel);
  for (let index = 0; index < 16; index += 1) await channel.write(Buffer.alloc(1 << 20, 'x'));
  assert.ok(performance.now() - started > 300, 'the writes returned while nobody was reading');
  await channel.close();
  assert.is((await answer).trim(), String(16 << 20));
}, 30_000);

async function collectOut(channel: Channel): Promise<string> {
  let text = '';
  channel.onOut((chunk) => {
    text += chunk.toString();
  });
  await endOf(channel);
  return text;
}

test('a background process that holds stdout does not keep the channel open', async () => {
  const channel = await openSshChannel(server.target(), sh`sleep 3 & echo done; exit 0`);
  const started = performance.now();
  const { out, end } = await collect(channel);
  assert.is(out, 'done\n');
  assert.equal(end, { rc: 0 });
  assert.ok(performance.now() - started < 2000);
});

test('a killed command gives 128 and the signal', async () => {
  const channel = await openSshChannel(server.target(), sh`kill -9 $$`);
  assert.equal((await collect(channel)).end, { rc: 137 });
});

test('a cut connection is an error, told once, also to who asks late', async () => {
  const channel = await openSshChannel(server.target(), sh`exec cat`);
  const first = endOf(channel);
  server.proxy.cut();
  const end = await first;
  assert.match(end.error ?? '', /connection/);
  assert.is(end.rc, undefined);
  assert.equal(await endOf(channel), end);
  await channel.write(Buffer.alloc(5 << 20));
  await channel.close();
});

test('a peer that falls silent is found out by the keepalive', async () => {
  const channel = await openSshChannel(server.target({ silenceTimeoutMs: 800 }), sh`exec cat`);
  const started = performance.now();
  server.proxy.mode.silent = true;
  const end = await endOf(channel);
  server.proxy.mode.silent = false;
  const took = performance.now() - started;
  assert.match(end.error ?? '', /no longer answers/);
  assert.ok(took > 500 && took < 2500, `took ${took} ms`);
  await channel.close();
  server.proxy.cut();
});

test('closing leaves no connection behind', async () => {
  const channel = await openSshChannel(server.target(), sh`exec cat`);
  await channel.close();
  for (let tries = 0; tries < 50 && server.proxy.open() > 0; tries += 1) await sleep(20);
  assert.is(server.proxy.open(), 0);
});

test('the server counts turns by itself', async () => {
  const before = server.turns();
  const channel = await openSshChannel(server.target(), sh`exec cat`);
  for (const word of ['a', 'b', 'c']) {
    const answer = new Promise<string>((resolve) => channel.onOut((chunk) => resolve(chunk.toString())));
    await channel.write(Buffer.from(word));
    assert.is(await answer, word);
  }
  await channel.close();
  assert.is(server.turns() - before, 3);
});
