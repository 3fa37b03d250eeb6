/**
 * A thousand hosts: `node --expose-gc bench/scale.mjs [--hosts N] [--rounds N] [--only sshd|fleet] [--at-once 8,16,50] [--check]`. One real
 * sshd and one server in a process of its own, each on as many loopback addresses. Measured against both: logins a
 * second beside a bare loop over ssh2, turn by turn; memory for each host while all are connected at once; and a run of 20
 * resources with nothing to change, in which every host must be served. `--check` ends with 1 over a limit.
 */
import { fork, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import ssh2 from 'ssh2';
import { measure, median } from './meter.mjs';
import 'tsx';

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    'at-once': { type: 'string', default: '8,16,50' },
    check: { type: 'boolean', default: false },
  },
});
const count = Number(values.hosts);
const rounds = Number(values.rounds);
/** Kilobytes for a connected host; logins a second to those of the bare loop. */
const LIMITS = { memory: 150, rate: 0.9 };
/** How many logins at once. The best of the bare loop counts. */
const AT_ONCE = values['at-once'].split(',').map(Number);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const project = mkdtempSync(join(tmpdir(), 'tightbeam-scale-'));
const addresses = Array.from({ length: count }, (_, index) => `127.1.${index >> 8}.${index & 255}`);
const { startSshd } = await import('../test/fixture/sshd.ts');
const { openSession } = await import('../lib/remote/session.ts');
const { openSshChannel } = await import('../lib/remote/ssh.ts');
const { sshContext } = await import('../lib/remote/ssh-context.ts');
const { sh } = await import('../lib/base/sh.ts');

/** One port on all loopback addresses. */
async function startReal() {
  const sshd = await startSshd({
    listen: '0.0.0.0',
    config: ['MaxStartups 1000:30:2000', 'MaxSessions 10', 'SetEnv SHLVL=2'],
  });
  return { ...sshd, hostKey: sshd.hostKey('ed25519') };
}

async function startFleet() {
  const dir = mkdtempSync(join(project, 'fleet-'));
  for (const name of ['id_ed25519', 'host_ed25519'])
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(dir, name)]);
  const child = fork(join(root, 'bench/fleet.mjs'), [dir], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const port = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the fleet did not start')));
    child.stdout.once('data', (chunk) => resolve(Number(chunk)));
  });
  return {
    dir,
    port,
    identity: join(dir, 'id_ed25519'),
    hostKey: readFileSync(join(dir, 'host_ed25519.pub'), 'utf8').split(' ').slice(0, 2).join(' '),
    stop: async () => child.kill(),
  };
}

async function eachAtOnce(limit, act) {
  const queue = [...addresses];
  const worker = async () => {
    for (let address = queue.pop(); address; address = queue.pop()) await act(address);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

/** Seconds, of the wall and of this process. */
async function timed(act) {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await act();
  const used = process.cpuUsage(cpu);
  return { wall: (performance.now() - wall) / 1000, cpu: (used.user + used.system) / 1e6 };
}

/** The least that a program over ssh2 can do: log in with the key at once, check the host's key, run a command or not, leave. */
function bareLogin(server, key, command) {
  const wanted = Buffer.from(server.hostKey.split(' ')[1], 'base64');
  return (address) =>
    new Promise((resolve, reject) => {
      const client = new ssh2.Client();
      client
        .on('ready', () => {
          if (command === undefined) return void client.end();
          client.exec(command, (error, channel) => {
            if (error) return void reject(error);
            channel.on('close', () => client.end()).resume();
            channel.end();
          });
        })
        .on('close', resolve)
        .on('error', reject)
        .connect({
          host: address,
          port: server.port,
          username: 'root',
          authHandler: [{ type: 'publickey', username: 'root', key }],
          hostVerifier: (shown) => wanted.equals(shown),
          readyTimeout: 60_000,
        });
      client.setNoDelay(true);
    });
}

async function logins(server, target) {
  const key = ssh2.utils.parseKey(readFileSync(server.identity));
  const only = bareLogin(server, key);
  const bare = bareLogin(server, key, 'true');
  const ours = async (address) => {
    const channel = await openSshChannel(target(address), sh`true`);
    await new Promise((resolve) => channel.onEnd(resolve));
    await channel.close();
  };
  const session = async (address) => (await openSession(target(address))).close();
  const figures = new Map();
  for (let round = 0; round <= rounds; round += 1) {
    for (const limit of AT_ONCE) {
      for (const [name, act] of [
        ['a login by ssh2 alone', only],
        ['bare ssh2 with a command', bare],
        ['ours with a command', ours],
        ['our session: a shell, who we are there', session],
      ]) {
        const { wall, cpu } = await timed(() => eachAtOnce(limit, act));
        if (round === 0) continue;
        const known = figures.get(`${name}, ${limit} at once`) ?? [];
        figures.set(`${name}, ${limit} at once`, [
          ...known,
          { rate: count / wall, cpu: (cpu / count) * 1000 },
        ]);
      }
    }
  }
  const rates = [...figures].map(([name, list]) => ({
    name,
    rate: median(list.map(({ rate }) => rate)),
    cpu: median(list.map(({ cpu }) => cpu)),
  }));
  for (const { name, rate, cpu } of rates)
    console.log(`  ${name}: ${rate.toFixed(0)} logins a second, ${cpu.toFixed(2)} ms of CPU here for each`);
  const best = (who) => Math.max(...rates.filter(({ name }) => name.startsWith(who)).map(({ rate }) => rate));
  const ratio = best('ours with') / best('bare');
  console.log(`  the best of ours to the best of the bare loop: ${ratio.toFixed(2)}`);
  return ratio;
}

/** All hosts connected at once, each having read something; kilobytes for each, of the heap and of the whole process. */
async function memory(target) {
  const settle = async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return process.memoryUsage();
  };
  const before = await settle();
  const open = [];
  await eachAtOnce(8, async (address) => {
    const session = await openSession(target(address));
    await session.read([{ tag: 'a', script: sh`echo here`, limitMs: 60_000 }]);
    open.push(session);
  });
  const after = await settle();
  await Promise.all(open.map((session) => session.close()));
  const each = (field) => (after[field] - before[field]) / count / 1024;
  const heap = each('heapUsed') + each('external');
  console.log(
    `  ${open.length} connected at once: ${each('rss').toFixed(0)} KB each, ${heap.toFixed(0)} of them in use by objects and buffers`,
  );
  return each('rss');
}

function writeProject(server) {
  const files = Array.from({ length: 20 }, (_, index) => join(project, `srv/setting-${index}.conf`));
  for (const folder of ['srv', 'runbooks', 'inventory/fleet'])
    mkdirSync(join(project, folder), { recursive: true });
  for (const path of files) writeFileSync(path, 'port = 8080\n', { mode: 0o644 });
  const step = (path, index) =>
    `  - { id: s${index}, task: file, with: { path: ${path}, content: "port = 8080\\n", mode: "0644" } }\n`;
  writeFileSync(
    join(project, 'runbooks/fleet.yaml'),
    `name: Fleet\nhosts: all\nsteps:\n${files.map(step).join('')}`,
  );
  const host = (address, index) =>
    `  h${index}: { address: ${address}, port: ${server.port}, user: root, identity: ${server.identity} }\n`;
  writeFileSync(join(project, 'inventory/fleet/hosts.yaml'), `hosts:\n${addresses.map(host).join('')}`);
  writeFileSync(join(project, 'inventory/fleet/known_hosts'), `[127.1.*]:${server.port} ${server.hostKey}\n`);
}

/** The command itself, from start to end. */
async function wholeRun(server) {
  writeProject(server);
  for (const forks of [50, count]) {
    const file = join(project, 'events.jsonl');
    const command = `${join(root, 'run')} fleet inventory/fleet --forks ${forks} --timeout 120 --quiet --events ${file}`;
    const {
      wall,
      cpu,
      memory: most,
    } = await measure(command, { cwd: project, env: { RUN_SSH_CONFIG: 'none' } });
    const recap = JSON.parse(readFileSync(file, 'utf8').trim().split('\n').at(-1));
    const served = Object.values(recap.hosts).filter(
      ({ ok, changed, roundTrips }) => ok === 20 && changed === 0 && roundTrips === 1,
    );
    if (served.length !== count)
      throw new Error(`${count - served.length} hosts were not served in one round trip`);
    console.log(
      `  run, ${count} hosts × 20 resources, ${forks} at once: all served, ${wall.toFixed(1)} s (${(count / wall).toFixed(0)} hosts a second), ${((cpu * 1000) / count).toFixed(1)} ms of CPU here for each, ${most.toFixed(0)} MiB at most`,
    );
  }
}

const over = [];
try {
  for (const [name, start] of [
    ['sshd', startReal],
    ['fleet', startFleet],
  ]) {
    if (values.only && values.only !== name) continue;
    const server = await start();
    console.log(name === 'sshd' ? 'one OpenSSH server' : 'a fleet in one process');
    const known = join(project, 'known_hosts');
    writeFileSync(known, `[127.1.*]:${server.port} ${server.hostKey}\n`);
    const context = sshContext({ home: project, configFile: 'none' });
    const target = (address) => ({
      name: address, address, port: server.port, user: 'root', identity: server.identity, connection: 'ssh',
      connectTimeoutMs: 60_000, silenceTimeoutMs: 60_000, hostKeyPolicy: 'strict', knownHosts: [known], ssh: context,
    }); // biome-ignore format: a row of what never changes
    try {
      const ratio = await logins(server, target);
      const kilobytes = await memory(target);
      await wholeRun(server);
      if (ratio < LIMITS.rate) over.push(`${name}: ${ratio.toFixed(2)} of the bare loop`);
      if (kilobytes > LIMITS.memory) over.push(`${name}: ${kilobytes.toFixed(0)} KB for a host`);
    } finally {
      await server.stop();
    }
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}
for (const each of over) console.log(`over the limit: ${each}`);
// What a server left open must not hold us up.
process.exit(values.check && over.length > 0 ? 1 : 0);
