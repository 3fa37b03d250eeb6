/** ProxyJump over real OpenSSH: chains, shared connections, host keys of every hop. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sh } from '../../../lib/base/sh.ts';
import type { Target } from '../../../lib/remote/contract.ts';
import { openSshChannel } from '../../../lib/remote/ssh.ts';
import { sshContext } from '../../../lib/remote/ssh-context.ts';
import { collect } from '../../fixture/collect.ts';
import { refusal } from '../../fixture/refusal.ts';
import { freePort, type Sshd, startSshd, targetOf } from '../../fixture/sshd.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('jump');
let outer: Sshd;
let inner: Sshd;
let host: Sshd;
test.before(async () => {
  [outer, inner, host] = await Promise.all([startSshd(), startSshd(), startSshd()]);
});
test.after(async () => {
  await Promise.all([outer.stop(), inner.stop(), host.stop()]);
});

/** A configuration that knows each server's key by port. */
function config(name: string, text: string): string {
  const file = join(host.dir, name);
  writeFileSync(file, text);
  return file;
}

function through(change: Partial<Target> = {}, configFile = 'none'): Target {
  const ssh = sshContext({ home: host.dir, configFile });
  return targetOf(host, {
    jump: [`${outer.user}@127.0.0.1:${outer.port}`, `${inner.user}@127.0.0.1:${inner.port}`],
    knownHosts: [outer.knownHosts, inner.knownHosts, host.knownHosts],
    ssh,
    ...change,
  });
}

/** Every server lets the key of `host` in. */
async function shareKey(): Promise<void> {
  const { appendFileSync, readFileSync } = await import('node:fs');
  for (const server of [outer, inner]) {
    appendFileSync(join(server.dir, 'authorized_keys'), readFileSync(`${host.identity}.pub`));
  }
}

const logins = (server: Sshd): number => server.log().split('Accepted publickey').length - 1;

test('two hops', async () => {
  await shareKey();
  const { out } = await collect(await openSshChannel(through(), sh`printf %s "$SSH_CONNECTION"`));
  assert.is(out.split(' ')[3], String(host.port));
  assert.is(logins(outer), 1);
  assert.is(logins(inner), 1);
});

test('hosts behind one jump share its connection, which closes after them', async () => {
  const before = [logins(outer), logins(inner), logins(host)];
  const target = through();
  const channels = await Promise.all([1, 2, 3, 4, 5].map(() => openSshChannel(target, sh`exec cat`)));
  assert.equal(
    [logins(outer), logins(inner), logins(host)],
    [(before[0] ?? 0) + 1, (before[1] ?? 0) + 1, (before[2] ?? 0) + 5],
  );
  await Promise.all(channels.map((channel) => channel.close()));
  for (let tries = 0; tries < 100 && !closed(outer); tries += 1) await sleep(50);
  assert.ok(closed(outer) && closed(inner), 'the jumps are still open');
});

const closed = (server: Sshd): boolean =>
  server.log().split('Disconnected from user').length - 1 === logins(server);

test('the same by ssh_config, with a name and a port for each', async () => {
  const file = config(
    'jumps',
    [
      `Host far\n  HostName 127.0.0.1\n  Port ${host.port}\n  ProxyJump near\n`,
      `Host near\n  HostName 127.0.0.1\n  Port ${inner.port}\n  ProxyJump first\n`,
      `Host first\n  HostName 127.0.0.1\n  Port ${outer.port}\n`,
      `Host *\n  User ${host.user}\n`,
    ].join('\n'),
  );
  const { jump: _jump, port: _port, user: _user, ...rest } = through({ address: 'far' }, file);
  const { out } = await collect(await openSshChannel(rest, sh`printf %s "$SSH_CONNECTION"`));
  assert.is(out.split(' ')[3], String(host.port));
});

test('an unknown key of a jump is refused like any other', async () => {
  const error = await refusal(through({ knownHosts: [inner.knownHosts, host.knownHosts] }));
  assert.match(error.message, new RegExp(`^jump .*127.0.0.1:${outer.port}: unknown host key`));
});

test('a jump that cannot reach the host says so', async () => {
  const port = await freePort();
  const error = await refusal(through({ port }));
  assert.match(error.message, new RegExp(`127.0.0.1:${port}: connection refused`));
  assert.match(error.message, /4 attempts/);
});

test('a ProxyJump that leads back to itself is found', async () => {
  const file = config('loop', 'Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n');
  const { jump: _, ...rest } = through({ address: 'a' }, file);
  assert.match((await refusal(rest)).message, /more than 8 jumps/);
});
