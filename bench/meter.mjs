/** Measures commands as whole processes: wall time, processor time and memory here, processor time on the lab hosts. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TICKS_A_SECOND = 100;

/**
 * Runs one shell command under GNU time. Seconds, and MiB of its largest process. Throws unless it ends with `wanted`.
 */
export async function measure(command, { cwd, env = {}, hosts = [], wanted = 0 }) {
  const folder = mkdtempSync(join(tmpdir(), 'tightbeam-meter-'));
  const file = join(folder, 'time');
  const before = hostSeconds(hosts);
  const began = performance.now();
  const { code, out, err } = await run(
    ['/usr/bin/time', '-q', '-o', file, '-f', '%U %S %M', 'sh', '-c', command],
    cwd,
    env,
  );
  const wall = (performance.now() - began) / 1000;
  const after = hostSeconds(hosts);
  const [user = 0, system = 0, kilobytes = 0] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .at(-1)
    .split(' ')
    .map(Number);
  rmSync(folder, { recursive: true });
  if (code !== wanted)
    throw new Error(`${command}\nended with ${code}\n${out.slice(-3000)}${err.slice(-3000)}`);
  return { wall, cpu: user + system, memory: kilobytes / 1024, hostCpu: after - before, out };
}

function run([program, ...args], cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/**
 * Processor seconds of everything in the hosts' network namespaces so far. What has ended counts with the process that
 * waited for it, and each host's first process waits for what nobody else does.
 */
export function hostSeconds(hosts) {
  if (hosts.length === 0) return 0;
  const wanted = new Set(hosts.map(({ machine }) => statSync(`/run/netns/${machine}`).ino));
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!wanted.has(statSync(`/proc/${pid}/ns/net`).ino)) continue;
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // After the name in parentheses, which may hold anything: fields 14 to 17, of which the name was the second.
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      ticks += fields[11] + fields[12] + fields[13] + fields[14];
    } catch {
      // It ended while we looked.
    }
  }
  return ticks / TICKS_A_SECOND;
}

export const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
