/** Sessions over a real OpenSSH server: speed, one channel alone, cuts, silence, killed servers. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sh } from '../../../lib/base/sh.ts';
import type { Session, Target } from '../../../lib/remote/contract.ts';
import { openSession } from '../../../lib/remote/session.ts';
import { type NetProxy, startProxy } from '../../fixture/proxy.ts';
import { type Sshd, startSshd, targetOf } from '../../fixture/sshd.ts';
import { change, failure, job, part, text, until } from '../../remote/shell.ts';
import { assert, suite } from '../../suite.ts';

const test = suite('session over ssh');

interface World {
  readonly sshd: Sshd;
  readonly proxy: NetProxy;
  readonly state: string;
  open(change?: Partial<Target>): Promise<Session>;
}

/** The server gives every login a mount namespace in which root's state folder is a scratch one. */
async function withWorld(use: (world: World) => Promise<void>): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'tb-state-'));
  const mounts = `mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/tightbeam && mount --bind ${state} /var/lib/tightbeam`;
  const sshd = await startSshd({
    config: [
      'MaxSessions 1',
      `ForceCommand exec unshare -m sh -c '${mounts} && eval "$SSH_ORIGINAL_COMMAND"'`,
    ],
  });
  const proxy = await startProxy(sshd.port);
  const knownHosts = join(sshd.dir, 'known_hosts_proxy');
  writeFileSync(knownHosts, `[127.0.0.1]:${proxy.port} ${sshd.hostKey('ed25519')}\n`);
  try {
    await use({
      sshd,
      proxy,
      state,
      open: (more = {}) =>
        openSession(targetOf(sshd, { port: proxy.port, knownHosts: [knownHosts], ...more })),
    });
  } finally {
    await proxy.stop();
    await sshd.stop();
    rmSync(state, { recursive: true, force: true });
  }
}

const once = sh`echo x >>$TB_STATE/once; sleep 1.2; echo y >>$TB_STATE/once`;

test('reads, applies and uploads through one channel, and leaves nothing', async () => {
  await withWorld(async ({ open, state, sshd }) => {
    const session = await open();
    const [who, big] = await session.read([
      part('who', sh`id -un`),
      part('big', sh`head -c 20000000 /dev/zero`),
    ]);
    assert.is(text(who), 'root\n');
    assert.is(big?.out.length, 20_000_000);
    assert.is(session.roundTrips, 1);
    const content = randomBytes(20_000_000);
    const path = join(sshd.dir, 'upload');
    writeFileSync(path, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const result = await session.apply(
      job([change(1, sh`sha256sum <"$TB_UPLOAD"`, { upload: { path, size: content.length, sha256 } })], {
        verify: [part('v', sh`echo v`)],
      }),
      {},
    );
    assert.match(`${result.changes[0]?.output}`, new RegExp(sha256));
    assert.is(text(result.verify[0]), 'v\n');
    assert.is(session.roundTrips, 2);
    await session.close();
    assert.equal(readdirSync(join(state, 'runs')), []);
  });
});

test('seven parts are one round trip, however often they are read', async () => {
  await withWorld(async ({ open }) => {
    const session = await open();
    const parts = [1, 2, 3, 4, 5, 6, 7].map((n) => part(`p${n}`, sh`stat -c %n /etc`));
    for (let round = 0; round < 3; round += 1) {
      const before = session.roundTrips;
      const results = await session.read(parts);
      assert.is(results.length, 7);
      assert.is(session.roundTrips - before, 1);
    }
    await session.close();
  });
});

/** Where the shell there ends with the connection, the script begins nothing more: what is left is planned again. */
const cuts: readonly [string, (world: World) => void, 'goes on' | 'ends'][] = [
  ['a reset', ({ proxy }) => proxy.cut(), 'ends'],
  [
    'a killed server process',
    ({ sshd }) => {
      const children = execFileSync('pgrep', ['-P', String(sshd.pid)], { encoding: 'utf8' });
      for (const pid of children.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
    },
    'ends',
  ],
  [
    'packets that vanish',
    ({ proxy }) => {
      proxy.mode.silent = true;
      setTimeout(() => {
        proxy.mode.silent = false;
      }, 1050);
    },
    'goes on',
  ],
];
for (const [what, cut, script] of cuts) {
  test(`${what} in the middle of a change: it ends there, is run once, and its result is had`, async () => {
    await withWorld(async (world) => {
      const session = await world.open({ silenceTimeoutMs: 1000, connectTimeoutMs: 1000 });
      const result = await session.apply(
        job([change(1, sh`echo a`), change(2, once), change(3, sh`exit 7`), change(4, sh`:`)], {
          verify: [part('v', sh`cat $TB_STATE/once`)],
        }),
        {
          begin: (id) => {
            if (id === 2) setTimeout(() => cut(world), 50);
          },
        },
      );
      assert.equal(
        result.changes.map((one) => `${one.ended} ${one.rc} ${one.output}`),
        ['done 0 a\n', 'done 0 ', script === 'ends' ? 'not_run -1 ' : 'done 7 ', 'not_run -1 '],
      );
      assert.is(text(result.verify[0]), 'x\ny\n');
      await session.close();
    });
  });
}

test('a server that stays away: unreachable in a read, once the time to reconnect is over', async () => {
  await withWorld(async ({ open, proxy }) => {
    const session = await open({ silenceTimeoutMs: 600, connectTimeoutMs: 500, reconnectMs: 1000 });
    const reading = failure(session.read([part('a', sh`sleep 3`)]));
    await until(() => session.hello !== undefined, 'it runs');
    proxy.mode.silent = true;
    const error = await reading;
    assert.is(error.code, 'unreachable');
    assert.match(error.message, /nothing was changed/);
    proxy.mode.silent = false;
    await session.close();
  });
});

test('the state folder is private', async () => {
  await withWorld(async ({ open, state }) => {
    const session = await open();
    await session.apply(
      job([change(1, sh`stat -c %a $TB_STATE/runs $TB_STATE/runs/r1/0 $TB_BACKUP; false`)]),
      {},
    );
    await session.close();
    assert.is(readFileSync(join(state, 'runs/r1/0/spool.1'), 'utf8'), '700\n700\n700\n');
  });
});
