/** Dropbear as the server: another implementation, which takes five handshakes at once from one address. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sh } from '../../../lib/base/sh.ts';
import { openSshChannel } from '../../../lib/remote/ssh.ts';
import { sshContext } from '../../../lib/remote/ssh-context.ts';
import { collect } from '../../fixture/collect.ts';
import { endProcess, freePort, makeKey } from '../../fixture/sshd.ts';
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
  const inner = 'mount --bind "$1" /root && exec dropbear -F -E -s -r "$2" -p "127.0.0.1:$3" -P "$4"';
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

test('twelve at once: output, status and no connection lost', async () => {
  const target = {
    name: 'bear',
    address: '127.0.0.1',
    port,
    user: 'root',
    identity: join(dir, 'id_ed25519'),
    connection: 'ssh' as const,
    connectTimeoutMs: 10_000,
    silenceTimeoutMs: 30_000,
    hostKeyPolicy: 'strict' as const,
    knownHosts: [join(dir, 'known_hosts')],
    ssh: sshContext({ home: dir, configFile: 'none' }),
  };
  const all = await Promise.all(
    Array.from({ length: 12 }, async (_, index) =>
      collect(await openSshChannel(target, sh`echo ${index}; echo e >&2; exit ${index}`)),
    ),
  );
  assert.equal(
    all,
    all.map((_, index) => ({ out: `${index}\n`, err: 'e\n', end: { rc: index } })),
  );
}, 40_000);
