/** Dropbear as the server: another implementation, which takes five handshakes at once from one address. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sh } from '../../../lib/base/sh.ts';
import type { Target } from '../../../lib/remote/contract.ts';
import { openSession } from '../../../lib/remote/session.ts';
import { openSshChannel } from '../../../lib/remote/ssh.ts';
import { sshContext } from '../../../lib/remote/ssh-context.ts';
import { collect } from '../../fixture/collect.ts';
import { refusal } from '../../fixture/refusal.ts';
import { endProcess, freePort, makeKey } from '../../fixture/sshd.ts';
import { change, job, part, text } from '../../remote/shell.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('dropbear');
let dir = '';
let port = 0;
let child: ChildProcess | undefined;

test.before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tightbeam-dropbear-'));
  port = await freePort();
  const key = makeKey(join(dir, 'id_ed25519'), 'ed25519');
  // Dropbear 2022 knows no other place for keys than the home folder: it gets one of its own, in its own mounts.
  const home = join(dir, 'home');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, '.ssh', 'authorized_keys'), readFileSync(`${key}.pub`), { mode: 0o600 });
  const made = execFileSync('dropbearkey', ['-t', 'ed25519', '-f', join(dir, 'host')], { encoding: 'utf8' });
  const [type, blob] = (/^ssh-ed25519 .*$/m.exec(made)?.[0] ?? '').split(' ');
  writeFileSync(join(dir, 'known_hosts'), `[127.0.0.1]:${port} ${type} ${blob}\n`);
  const inner =
    'mount --bind "$1" /root && mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/tightbeam && exec dropbear -F -E -s -r "$2" -p "127.0.0.1:$3" -P "$4"';
  child = spawn(
    'unshare',
    [
      '-m',
      '--propagation',
      'private',
      'sh',
      '-c',
      inner,
      'sh',
      home,
      join(dir, 'host'),
      String(port),
      join(dir, 'pid'),
    ],
    { stdio: 'ignore' },
  );
  for (let tries = 0; tries < 100 && !(existsSync(join(dir, 'pid')) && (await listens())); tries += 1)
    await sleep(30);
});
test.after(async () => {
  if (child) await endProcess(child);
  rmSync(dir, { recursive: true, force: true });
});

function listens(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function target(change: Partial<Target> = {}): Target {
  return {
    name: 'bear',
    address: '127.0.0.1',
    port,
    user: 'root',
    identity: join(dir, 'id_ed25519'),
    connection: 'ssh',
    connectTimeoutMs: 10_000,
    silenceTimeoutMs: 30_000,
    hostKeyPolicy: 'strict',
    knownHosts: [join(dir, 'known_hosts')],
    ssh: sshContext({ home: dir, configFile: 'none', env: process.env }),
    ...change,
  };
}

test('twelve at once: output, status and no connection lost', async () => {
  const bear = target();
  const all = await Promise.all(
    Array.from({ length: 12 }, async (_, index) =>
      collect(await openSshChannel(bear, sh`echo ${index}; echo e >&2; exit ${index}`)),
    ),
  );
  assert.equal(
    all,
    all.map((_, index) => ({ out: `${index}\n`, err: 'e\n', end: { rc: index } })),
  );
}, 40_000);

for (const transport of ['builtin', 'openssh'] as const) {
  test(`a session reads megabytes and applies changes (${transport})`, async () => {
    const session = await openSession(target({ transport }));
    const big = 'z'.repeat(500_000);
    const [who, out, count] = await session.read([
      part('who', sh`id -un`),
      part('out', sh`head -c 5000000 /dev/zero`),
      part('count', sh`printf %s ${big} | wc -c`),
    ]);
    assert.is(text(who), 'root\n');
    assert.is(out?.out.length, 5_000_000);
    assert.is(text(count).trim(), '500000');
    const result = await session.apply(job([change(1, sh`echo done`)]), {});
    assert.is(`${result.changes[0]?.output}`, 'done\n');
    await session.close();
  }, 40_000);
}

test('a key that is refused, and dropbear as the jump to itself', async () => {
  const wrong = makeKey(join(dir, 'wrong'), 'ed25519');
  assert.match((await refusal(target({ identity: wrong }))).message, /login failed: refused: .*wrong/);
  const { out } = await collect(
    await openSshChannel(target({ jump: [`root@127.0.0.1:${port}`] }), sh`echo in`),
  );
  assert.is(out, 'in\n');
}, 40_000);
