/** sshd under load and under attack: MaxSessions, MaxStartups, silence, restarts, and a server that dies. */
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { sh } from '../../../lib/base/sh.ts';
import type { ChannelEnd } from '../../../lib/remote/channel.ts';
import { openSshChannel } from '../../../lib/remote/ssh.ts';
import { collect } from '../../fixture/collect.ts';
import { refusal } from '../../fixture/refusal.ts';
import { freePort, startSshd, targetOf } from '../../fixture/sshd.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('load');

test('MaxSessions 1 is enough', async () => {
  const sshd = await startSshd({ config: ['MaxSessions 1'] });
  const { out } = await collect(await openSshChannel(targetOf(sshd), sh`echo in`));
  assert.is(out, 'in\n');
  await sshd.stop();
});

test('MaxStartups 2: twelve at once all get in', async () => {
  const sshd = await startSshd({ config: ['MaxStartups 2:100:2'] });
  const target = targetOf(sshd);
  const all = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const channel = await openSshChannel(target, sh`echo ${index}`);
      return (await collect(channel)).out.trim();
    }),
  );
  assert.equal(
    all,
    all.map((_, index) => String(index)),
  );
  assert.match(sshd.log(), /MaxStartups/, 'sshd dropped nothing, so nothing was tried');
  await sshd.stop();
}, 40_000);

test('a server that accepts and is silent is unreachable in time', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sshd = await startSshd();
  const { port } = server.address() as { port: number };
  const started = performance.now();
  const error = await refusal(targetOf(sshd, { port, connectTimeoutMs: 1000 }));
  const took = performance.now() - started;
  assert.is(error.code, 'unreachable');
  assert.match(error.message, /connected, but the SSH server said nothing useful within 1 s/);
  assert.ok(took > 900 && took < 2000, `took ${took} ms`);
  for (const socket of sockets) socket.destroy();
  server.close();
  await sshd.stop();
});

test('a port where nothing listens and a name that nobody knows have their own words', async () => {
  const sshd = await startSshd();
  const port = await freePort();
  assert.match((await refusal(targetOf(sshd, { port }))).message, /connection refused: nothing listens/);
  const unknown = await refusal(targetOf(sshd, { address: 'no-such-host.invalid', port: 22 }));
  assert.match(unknown.message, /no-such-host\.invalid does not resolve/);
  await sshd.stop();
});

test('a server that starts a moment late is reached', async () => {
  const sshd = await startSshd();
  const port = await freePort();
  // A door that opens late, for a server whose own start takes a time of its own.
  const door = createServer((near) => {
    const far = connect(sshd.port, '127.0.0.1');
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  const waiting = openSshChannel(targetOf(sshd, { port }), sh`true`).catch((error: Error) => error.message);
  await sleep(250);
  await new Promise<void>((resolve) => door.listen(port, '127.0.0.1', resolve));
  // Nobody knows a key for this port: that we see one at all shows that we came back.
  assert.match(String(await waiting), /unknown host key/);
  door.close();
  await sshd.stop();
});

test('sshd killed in mid-session ends the channel with an error, not with a status', async () => {
  const sshd = await startSshd();
  const channel = await openSshChannel(targetOf(sshd), sh`echo $PPID; exec sleep 30`);
  const serving = await new Promise<number>((resolve) =>
    channel.onOut((chunk) => resolve(Number(chunk.toString()))),
  );
  const ended = new Promise<ChannelEnd>((resolve) => channel.onEnd(resolve));
  process.kill(serving, 'SIGKILL');
  const end = await ended;
  assert.is(end.rc, undefined);
  assert.match(end.error ?? '', /connection|reset/i);
  await channel.close();
  await sshd.stop();
});

test('an abort ends a login that hangs', async () => {
  const server = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sshd = await startSshd();
  const { port } = server.address() as { port: number };
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 100);
  const started = performance.now();
  const error = await refusal(targetOf(sshd, { port }), abort.signal);
  assert.is(error.code, 'interrupted');
  assert.ok(performance.now() - started < 1000);
  server.close();
  await sshd.stop();
});

test('a background process that holds stdout does not keep the channel open', async () => {
  const sshd = await startSshd();
  const started = performance.now();
  const { out, end } = await collect(await openSshChannel(targetOf(sshd), sh`sleep 5 & echo done; exit 4`));
  assert.equal([out, end], ['done\n', { rc: 4 }]);
  assert.ok(performance.now() - started < 3000);
  await sshd.stop();
});

test('50 MB come through, and go through', async () => {
  const sshd = await startSshd();
  const size = 50 << 20;
  const { out } = await collect(await openSshChannel(targetOf(sshd), sh`head -c ${size} /dev/zero`));
  assert.is(out.length, size);
  const channel = await openSshChannel(targetOf(sshd), sh`head -c ${size} | wc -c`);
  const answer = new Promise<string>((resolve) => channel.onOut((chunk) => resolve(chunk.toString())));
  const piece = Buffer.alloc(1 << 20);
  for (let sent = 0; sent < size; sent += piece.length) await channel.write(piece);
  assert.is((await answer).trim(), String(size));
  await channel.close();
  await sshd.stop();
}, 40_000);
