/** Logins that do not wait for what they know: how many round trips are left, and what happens when a guess is wrong. */
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../../../lib/base/error.ts';
import { sh } from '../../../lib/base/sh.ts';
import type { Session, Target } from '../../../lib/remote/contract.ts';
import { openSession } from '../../../lib/remote/session.ts';
import { type SshOptions, sshContext } from '../../../lib/remote/ssh-context.ts';
import { type NetProxy, startProxy } from '../../fixture/proxy.ts';
import { makeKey, type Sshd, startSshd, targetOf } from '../../fixture/sshd.ts';
import { part, text } from '../../remote/shell.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('early login');

interface World {
  readonly sshd: Sshd;
  readonly proxy: NetProxy;
  target(change?: Partial<Target>, options?: SshOptions): Target;
}

async function withWorld(config: readonly string[], use: (world: World) => Promise<void>): Promise<void> {
  const sshd = await startSshd({ config: ['SetEnv SHLVL=2', ...config] });
  const proxy = await startProxy(sshd.port);
  const knownHosts = join(sshd.dir, 'known_hosts_proxy');
  writeFileSync(knownHosts, `[127.0.0.1]:${proxy.port} ${sshd.hostKey('ed25519')}\n`);
  try {
    await use({
      sshd,
      proxy,
      target: (change = {}, options = {}) =>
        targetOf(sshd, { port: proxy.port, knownHosts: [knownHosts], ...change }, options),
    });
  } finally {
    await proxy.stop();
    await sshd.stop();
  }
}

/** What one read gives, and the round trips of login and read on the wire. */
async function readOnce(
  { proxy }: World,
  target: Target,
  script = sh`echo in`,
): Promise<readonly [string, number]> {
  const before = proxy.turns();
  const session = await openSession(target);
  const [result] = await session.read([part('a', script)]);
  const turns = proxy.turns() - before;
  await session.close();
  return [text(result), turns];
}

async function refusal(work: Promise<Session>): Promise<RunError> {
  try {
    const session = await work;
    await session.read([part('a', sh`echo in`)]);
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('it worked');
}

/** A home folder with these keys as id_ed25519 and id_ecdsa, and nothing named for the host. */
function unnamed(
  world: World,
  name: string,
  keys: { readonly ed25519: string; readonly ecdsa: string },
): Target {
  const home = join(world.sshd.dir, name);
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  for (const type of ['ed25519', 'ecdsa'] as const)
    copyFileSync(keys[type], join(home, '.ssh', `id_${type}`));
  const { identity: _, ...target } = world.target();
  return { ...target, ssh: sshContext({ home, configFile: 'none' }) };
}

test('login and first answer in two round trips beyond TCP; seven more without', async () => {
  await withWorld([], async (world) => {
    // Longer than this machine needs to put the first frame together.
    world.proxy.mode.delayMs = 60;
    assert.equal(await readOnce(world, world.target()), ['in\n', 2]);
    const [out, turns] = await readOnce(world, world.target({}, { eager: false }));
    assert.is(out, 'in\n');
    assert.ok(turns >= 8, `${turns} round trips`);
    assert.not.match(world.sshd.log(), /rcvd too much|protocol error|unknown channel/i);
  });
});

test('a server without curve25519: another connection at its own pace, and no guess for the rest of the run', async () => {
  await withWorld(['KexAlgorithms ecdh-sha2-nistp256'], async (world) => {
    const target = world.target();
    assert.is((await readOnce(world, target))[0], 'in\n');
    assert.is(world.proxy.accepted(), 2);
    assert.is((await readOnce(world, target))[0], 'in\n');
    assert.is(world.proxy.accepted(), 3);
  });
});

test('a first key that is refused: what was sent with it runs once, with the second', async () => {
  await withWorld([], async (world) => {
    const { sshd } = world;
    const right = makeKey(join(sshd.dir, 'right'), 'ecdsa');
    appendFileSync(join(sshd.dir, 'authorized_keys'), readFileSync(`${right}.pub`));
    const keys = { ed25519: makeKey(join(sshd.dir, 'wrong'), 'ed25519'), ecdsa: right };
    const mark = join(sshd.dir, 'mark');
    const [out] = await readOnce(world, unnamed(world, 'two', keys), sh`echo x >>${mark}; echo in`);
    assert.is(out, 'in\n');
    assert.is(readFileSync(mark, 'utf8'), 'x\n');
    assert.is(world.proxy.accepted(), 1);
  });
});

test('two keys are wanted: both are given', async () => {
  await withWorld(['AuthenticationMethods publickey,publickey'], async (world) => {
    const { sshd } = world;
    const second = makeKey(join(sshd.dir, 'second'), 'ecdsa');
    appendFileSync(join(sshd.dir, 'authorized_keys'), readFileSync(`${second}.pub`));
    const target = unnamed(world, 'both', { ed25519: sshd.identity, ecdsa: second });
    assert.is((await readOnce(world, target))[0], 'in\n');
  });
});

test('a login that is refused after the session was handed out says so with the first answer', async () => {
  await withWorld([], async (world) => {
    const wrong = makeKey(join(world.sshd.dir, 'wrong'), 'ed25519');
    const error = await refusal(openSession(world.target({ identity: wrong })));
    assert.is(error.code, 'unreachable');
    assert.match(error.message, /login failed: refused: .*wrong.*; the server takes: publickey/);
    assert.match(error.hint ?? '', /authorized_keys/);
  });
});

test('a server that lets us in and runs nothing', async () => {
  await withWorld(['MaxSessions 0'], async (world) => {
    const error = await refusal(openSession(world.target()));
    assert.is(error.code, 'unreachable');
    assert.match(error.message, /logged in, but no command can run: .*open/i);
  });
});

test('more than the server has allowed arrives whole, and the server counts nothing too much', async () => {
  await withWorld([], async (world) => {
    const big = 'x'.repeat(3_000_000);
    const session = await openSession(world.target());
    const [result] = await session.read([part('a', sh`printf %s ${big} | wc -c`)]);
    assert.is(text(result).trim(), '3000000');
    await session.close();
    assert.not.match(world.sshd.log(), /rcvd too much/);
  });
});

test('a connection that is cut while the login is on its way is made again', async () => {
  await withWorld([], async (world) => {
    world.proxy.mode.delayMs = 40;
    const opening = openSession(world.target());
    const session = await opening;
    const reading = session.read([part('a', sh`echo in`)]);
    world.proxy.cut();
    world.proxy.mode.delayMs = 0;
    assert.is(text((await reading)[0]), 'in\n');
    await session.close();
  });
});

test('a session that is closed before its login ends leaves no connection behind', async () => {
  await withWorld([], async (world) => {
    world.proxy.mode.delayMs = 40;
    const session = await openSession(world.target());
    await session.close();
    world.proxy.mode.delayMs = 0;
    for (let tries = 0; tries < 50 && world.proxy.open() > 0; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.is(world.proxy.open(), 0);
  });
});
