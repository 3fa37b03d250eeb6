/** Logins over a network that drops, delays or falls silent, against the server in this process. */
import { execFileSync } from 'node:child_process';
import { sh } from '../../lib/base/sh.ts';
import { openSshChannel } from '../../lib/remote/ssh.ts';
import { connectError } from '../../lib/remote/ssh-error.ts';
import { ConnectFailure, kindOfCode } from '../../lib/remote/ssh-failure.ts';
import type { Hop } from '../../lib/remote/ssh-route.ts';
import { collect } from '../fixture/collect.ts';
import { refusal } from '../fixture/refusal.ts';
import { type SshServer, startSshServer } from '../fixture/ssh-server.ts';
import { assert, suite } from '../suite.ts';

const test = suite('ssh login');
let server: SshServer;

/** In base64, as authorized_keys has it. */
function publicKey(identity: string): string {
  return execFileSync('ssh-keygen', ['-yf', identity], { encoding: 'utf8' }).split(' ')[1] ?? '';
}

test.before(async () => {
  server = await startSshServer();
});
test.after(async () => {
  await server.stop();
});

test('dropped handshakes are tried again', async () => {
  const before = server.proxy.accepted();
  server.proxy.mode.dropNext = 3;
  const { out } = await collect(await openSshChannel(server.target(), sh`echo in`));
  assert.is(out, 'in\n');
  assert.is(server.proxy.accepted() - before, 4);
});

test('a server that drops every handshake is given up within the time limit', async () => {
  server.proxy.mode.dropNext = 1000;
  const started = performance.now();
  const error = await refusal(server.target({ connectTimeoutMs: 1500 }));
  server.proxy.mode.dropNext = 0;
  assert.match(error.message, /hung up during the .* attempts\)/);
  assert.match(error.hint ?? '', /MaxStartups/);
  assert.ok(performance.now() - started < 3500);
});

test('no round trip of the login is wasted', async () => {
  server.proxy.mode.delayMs = 10;
  const before = server.proxy.turns();
  const asked = server.asked.length;
  const channel = await openSshChannel(server.target(), sh`exec cat`);
  const turns = server.proxy.turns() - before;
  server.proxy.mode.delayMs = 0;
  await channel.close();
  // Version, algorithms and key exchange; service and signature; channel; command.
  assert.ok(turns <= 4, `${turns} round trips`);
  assert.equal(server.asked.slice(asked), ['publickey']);
});

test('silence in mid-handshake ends at the time limit, without another attempt', async () => {
  server.proxy.mode.silent = true;
  const started = performance.now();
  const error = await refusal(server.target({ connectTimeoutMs: 700 }));
  server.proxy.mode.silent = false;
  server.proxy.cut();
  assert.is(error.code, 'unreachable');
  assert.ok(performance.now() - started < 1500);
});

test('a host that is lost behind a jump does not take the other hosts of the jump along', async () => {
  const jump = await startSshServer({ accept: [publicKey(server.identity)] });
  const shared = server.target({
    jump: [`root@127.0.0.1:${jump.port}`],
    knownHosts: [server.knownHosts, jump.knownHosts],
    connectTimeoutMs: 800,
  });
  const channel = await openSshChannel(shared, sh`exec cat`);
  const error = await refusal({ ...shared, port: 9 });
  assert.match(error.message, /127\.0\.0\.1:9: no connection within 0\.8 s/);
  const answer = new Promise<string>((resolve) => channel.onOut((chunk) => resolve(chunk.toString())));
  await channel.write(Buffer.from('still here'));
  assert.is(await answer, 'still here');
  assert.is(jump.logins(), 1);
  await channel.close();
  await jump.stop();
});

test('an unknown account is told what was offered', async () => {
  const other = await startSshServer();
  const error = await refusal(server.target({ identity: other.identity }));
  assert.match(error.message, /login failed: refused: .*id_ed25519; the server takes: publickey/);
  await other.stop();
});

test('every kind of failure has words of its own', () => {
  const hop = { label: 'root@h', host: 'h', port: 22, user: 'root', timeoutMs: 1000 } as unknown as Hop;
  const codes = ['ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT', 'ECONNRESET'];
  const texts = codes.map((code) => {
    const kind = kindOfCode(code);
    assert.ok(kind, code);
    const error = connectError(hop, new ConnectFailure(kind ?? 'other', 'connect', 'x'), 1);
    assert.ok(error.hint, code);
    return error.message;
  });
  assert.is(new Set(texts).size, codes.length);
});
