/**
 * What logging in costs against real OpenSSH over a delayed line: round trips and milliseconds of `ssh HOST true`, and
 * of a session that is opened, reads once and is closed. `node bench/login.mjs [ROUND_TRIP_MS] [ROUNDS]`
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import 'tsx';

const [roundTripMs = 50, rounds = 7] = process.argv.slice(2).map(Number);
const { startSshd, targetOf } = await import('../test/fixture/sshd.ts');
const { startProxy } = await import('../test/fixture/proxy.ts');
const { openSession } = await import('../lib/remote/session.ts');
const { sh } = await import('../lib/base/sh.ts');
const run = promisify(execFile);

const sshd = await startSshd({ config: ['SetEnv SHLVL=2'] });
const proxy = await startProxy(sshd.port, { delayMs: roundTripMs / 2 });
const knownHosts = join(sshd.dir, 'known_hosts_proxy');
writeFileSync(knownHosts, `[127.0.0.1]:${proxy.port} ${sshd.hostKey('ed25519')}\n`);

/** Turns on the wire and milliseconds: the TCP handshake is in neither, as a proxy cannot delay it. */
async function measure(name, work) {
  const times = [];
  const marks = new Map();
  let turns = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const before = proxy.turns();
    const started = performance.now();
    const mark = (what) => {
      if (round > 0) marks.set(what, [...(marks.get(what) ?? []), performance.now() - started]);
    };
    await work(mark);
    if (round > 0) times.push(performance.now() - started);
    turns = proxy.turns() - before;
  }
  const parts = [...marks].map(([what, list]) => `${what} ${median(list).toFixed(0)} ms`);
  console.log(
    `${name}: median ${median(times).toFixed(0)} ms, ${turns} turns${parts.length > 0 ? `; ${parts.join(', ')}` : ''}`,
  );
}

function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}

const options = [
  '-F', 'none', '-i', sshd.identity, '-o', 'IdentitiesOnly=yes', '-o', `UserKnownHostsFile=${knownHosts}`,
]; // biome-ignore format: flags and their values
try {
  console.log(`round trip ${roundTripMs} ms, ${rounds} rounds`);
  await measure('ssh host true', () =>
    run('ssh', [...options, '-p', String(proxy.port), '127.0.0.1', 'true'], {
      env: { PATH: process.env.PATH },
    }),
  );
  await measure('session, one read', async (mark) => {
    const session = await openSession(targetOf(sshd, { port: proxy.port, knownHosts: [knownHosts] }));
    mark('opened');
    await session.read([{ tag: 'a', script: sh`echo a`, limitMs: 10_000 }]);
    mark('read');
    await session.close();
  });
} finally {
  await proxy.stop();
  await sshd.stop();
}
