/**
 * Sessions against real OpenSSH that exchanges keys anew at every megabyte: small frames, large outputs, large inputs and
 * changes, over both transports, each answer held against what it must be. `node bench/soak.mjs [MINUTES]`
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'tsx';

const [minutes = 10] = process.argv.slice(2).map(Number);
const { startSshd, targetOf } = await import('../test/fixture/sshd.ts');
const { openSession } = await import('../lib/remote/session.ts');
const { sh } = await import('../lib/base/sh.ts');

const state = mkdtempSync(join(tmpdir(), 'tb-soak-'));
// Every login gets a mount namespace in which root's state folder is a scratch one.
const mounts = `mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/tightbeam && mount --bind ${state} /var/lib/tightbeam`;
const sshd = await startSshd({
  config: [
    'LogLevel DEBUG1',
    'SetEnv SHLVL=2',
    'RekeyLimit 1M',
    `ForceCommand exec unshare -m sh -c '${mounts} && eval "$SSH_ORIGINAL_COMMAND"'`,
  ],
});
const until = Date.now() + minutes * 60_000;
const seen = { frames: 0, bytes: 0, changes: 0, sessions: 0 };

function check(right, what) {
  if (!right) throw new Error(`${what}, after ${JSON.stringify(seen)}`);
}

const part = (tag, script) => ({ tag, script, limitMs: 60_000 });
const sha = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** One thing a run may ask of a session, in any order. */
const asks = [
  async (session, number) => {
    const parts = Array.from({ length: 20 }, (_, index) =>
      part(`p${index}`, sh`echo ${index}; echo e${index} >&2`),
    );
    const results = await session.read(parts);
    results.forEach((result, index) => {
      const right = `${result.out}` === `${index}\n` && `${result.err}` === `e${index}\n`;
      check(
        right,
        `part ${index} of ${number} came wrong: ${result.ended} ${JSON.stringify([`${result.out}`, `${result.err}`])}`,
      );
    });
    seen.frames += 20;
  },
  async (session) => {
    const size = 1 + Math.floor(Math.random() * 12_000_000);
    const [zero] = await session.read([part('out', sh`head -c ${size} /dev/zero`)]);
    check(zero.out.length === size && zero.out.every((byte) => byte === 0), `${size} zeros came wrong`);
    seen.bytes += size;
  },
  async (session) => {
    const text = randomBytes(Math.floor(Math.random() * 1_500_000)).toString('base64');
    const [sum] = await session.read([part('in', sh`printf %s ${text} | sha256sum`)]);
    check(`${sum.out}`.startsWith(sha(text)), `${text.length} bytes arrived wrong`);
    seen.bytes += text.length;
  },
  async (session, number) => {
    const change = {
      id: 1,
      run: sh`echo ${number}; head -c 300000 /dev/zero | tr '\\0' x`,
      limitMs: 60_000,
      owes: [],
      pays: [],
    };
    const job = {
      run: `soak-${number}`,
      stretch: 0,
      changes: [change],
      settleMs: 0,
      settleUnits: [],
      verify: [part('v', sh`echo v`)],
    };
    const result = await session.apply(job, {});
    check(result.changes[0].ended === 'done' && result.changes[0].rc === 0, `change ${number} ended wrong`);
    check(`${result.verify[0].out}` === 'v\n', `what was read after change ${number} came wrong`);
    seen.changes += 1;
  },
];

async function live(transport, name) {
  let number = 0;
  while (Date.now() < until) {
    const session = await openSession(targetOf(sshd, { transport, name: transport }, { env: process.env }));
    seen.sessions += 1;
    for (let turn = 0; turn < 200 && Date.now() < until; turn += 1) {
      number += 1;
      await asks[Math.floor(Math.random() * asks.length)](session, `${name}-${number}`);
    }
    await session.close();
  }
}

const report = setInterval(
  () => console.log(JSON.stringify({ ...seen, rss: process.memoryUsage.rss() })),
  30_000,
);
try {
  await Promise.all([live('builtin', 'a'), live('builtin', 'b'), live('openssh', 'c')]);
  const rekeys = sshd.log().match(/rekey(ing)? in after/g)?.length ?? 0;
  console.log(JSON.stringify({ minutes, ...seen, keyExchanges: rekeys, rss: process.memoryUsage.rss() }));
} finally {
  clearInterval(report);
  await sshd.stop();
  rmSync(state, { recursive: true, force: true });
}
