/**
 * What a run with nothing to change costs, against the least that it could: `ssh host true` on the same two lab hosts
 * in parallel, and `node -e 0` for the start alone. All are measured in turn, round by round, so that what else the
 * machine does falls on all alike. `node bench/floor.mjs [--rounds N] [--check]`; --check ends with 1 over a limit.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { floorRunbook, RESOURCES } from './floor-runbook.mjs';

const LIMITS = { provision: 1.3, help: 1.5 };
const WARM_UP = 2;
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, check: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = join(root, 'run');
const project = mkdtempSync(join(tmpdir(), 'tightbeam-bench-'));

/** Wall time of commands started at once, in milliseconds, until the last has ended. All must succeed. */
function time(commands) {
  const began = performance.now();
  const each = commands.map(
    ([program, ...args]) =>
      new Promise((resolve, reject) => {
        const child = spawn(program, args, { cwd: project, stdio: ['ignore', 'ignore', 'pipe'] });
        let err = '';
        child.stderr.on('data', (chunk) => {
          err += chunk;
        });
        child.on('error', reject);
        child.on('close', (code) =>
          code === 0 ? resolve() : reject(new Error(`${program} ${args.join(' ')}: ${code}\n${err}`)),
        );
      }),
  );
  return Promise.all(each).then(() => performance.now() - began);
}

function must(...words) {
  const { status, stdout, stderr } = spawnSync(run, words, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(`run ${words.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

function sshTrue({ address }) {
  const folder = join(project, 'inventory/lab');
  const options = ['BatchMode=yes', 'IdentitiesOnly=yes', `UserKnownHostsFile=${folder}/known_hosts`];
  const flags = options.flatMap((option) => ['-o', option]);
  return ['ssh', '-F', 'none', '-i', `${folder}/id_ed25519`, ...flags, `root@${address}`, 'true'];
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Nothing may be left to do, or it is not the floor that is measured. */
function assertIdle() {
  const events = join(project, 'events');
  must('floor', 'inventory/lab', '--events', events);
  const recap = JSON.parse(readFileSync(events, 'utf8').trim().split('\n').at(-1));
  for (const [host, { changed, roundTrips }] of Object.entries(recap.hosts)) {
    if (changed !== 0 || roundTrips !== 1)
      throw new Error(`${host}: ${changed} changes, ${roundTrips} round trips`);
  }
}

async function measure(hosts) {
  const contestants = {
    'ssh host true (2 hosts)': hosts.map(sshTrue),
    [`run floor (2 hosts, ${RESOURCES} resources each)`]: [[run, 'floor', 'inventory/lab']],
    'node -e 0': [[process.execPath, '-e', '0']],
    './run --help': [[run, '--help']],
  };
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round += 1) {
    for (const [name, commands] of Object.entries(contestants)) {
      const taken = await time(commands);
      if (round >= 0) times[name].push(taken);
    }
  }
  return times;
}

function report(times) {
  const names = Object.keys(times);
  const width = Math.max(...names.map((name) => name.length));
  console.log(`${'ms'.padEnd(width)}     min  median     max`);
  for (const name of names) {
    const figures = [Math.min(...times[name]), median(times[name]), Math.max(...times[name])];
    console.log(`${name.padEnd(width)} ${figures.map((ms) => ms.toFixed(0).padStart(7)).join(' ')}`);
  }
  const [ssh, floor, node, help] = names.map((name) => times[name]);
  const ratios = [
    ['provision', 'a run with nothing to change / ssh host true', floor, ssh],
    ['help', './run --help / node -e 0', help, node],
  ];
  for (const [name, text, ours, theirs] of ratios) {
    const ratio = median(ours) / median(theirs);
    const least = Math.min(...ours) / Math.min(...theirs);
    const holds = ratio <= LIMITS[name];
    console.log(
      `${holds ? '✓' : '✗'} ${text}: ${ratio.toFixed(2)} by medians, ${least.toFixed(2)} by minima (limit ${LIMITS[name]}, ${rounds} rounds)`,
    );
    if (!holds && values.check) process.exitCode = 1;
  }
}

try {
  mkdirSync(join(project, 'runbooks'));
  writeFileSync(join(project, 'runbooks/floor.yaml'), floorRunbook());
  const { hosts } = JSON.parse(must('lab', 'up', '--json'));
  must('floor', 'inventory/lab');
  assertIdle();
  report(await measure(hosts));
} finally {
  must('lab', 'down');
  rmSync(project, { recursive: true, force: true });
}
