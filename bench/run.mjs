/**
 * `npm run bench [-- --quick]`: this tool, Ansible in its ways, and plain ssh, side by side on lab hosts: the same work,
 * checked to have the same end, round by round in turn. Prints a table in Markdown; `--write FILE` keeps it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureTools } from '../test/tool.mjs';
import { contestants, endMasters, MITOGEN, saysUnchanged } from './contestant.mjs';
import { delayed } from './delay.mjs';
import { firstRun } from './first-run.mjs';
import { measure } from './meter.mjs';
import { section } from './table.mjs';
import { unchangedWishes } from './wish.mjs';
import { endState, undo } from './work.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'string' },
    only: { type: 'string' },
  },
});
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = join(root, 'run');
const tools = {
  'ansible-playbook': 'ansible',
  [MITOGEN]: 'ansible-mitogen',
  time: 'time',
  ssh: 'openssh-client',
};
if (!ensureTools(tools)) process.exit(1);
const project = mkdtempSync(join(tmpdir(), 'tightbeam-bench-'));
const OURS = 'run (ours)';
const FLOOR = 'ssh host true';

const WARM_UP = 1;

const must = (...words) => {
  const { status, stdout, stderr } = spawnSync(run, words, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(`run ${words.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
};

function labUp(count) {
  const { hosts } = JSON.parse(must('lab', 'up', '--hosts', String(count), '--json'));
  const folder = join(project, 'inventory/lab');
  return {
    hosts,
    key: join(folder, 'id_ed25519'),
    knownHosts: readFileSync(join(folder, 'known_hosts'), 'utf8'),
  };
}

/** A script on every host at once, by plain ssh: their outputs, and what it took. */
async function onHosts(hosts, script) {
  const folder = join(project, 'inventory/lab');
  const flags = `-F none -i ${folder}/id_ed25519 -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=${folder}/known_hosts`;
  writeFileSync(join(project, 'script'), script);
  const each = hosts.map(
    ({ address, name }) => `{ ssh ${flags} root@${address} sh <script >out-${name} || touch failed; } &`,
  );
  const figure = await measure(`rm -f failed; ${each.join(' ')} wait; test ! -e failed`, {
    cwd: project,
    hosts,
  });
  return { ...figure, outs: hosts.map(({ name }) => readFileSync(join(project, `out-${name}`), 'utf8')) };
}

const isOther = (name) => name.startsWith('Ansible');

/** The others need Python on a host; we do not. */
async function prepare(hosts) {
  const quiet = 'DEBIAN_FRONTEND=noninteractive apt-get -qq';
  await onHosts(
    hosts,
    `command -v python3 >/dev/null || { ${quiet} update && ${quiet} -y install python3 python3-apt; } >/dev/null 2>&1`,
  );
}

function open(lab, count) {
  return async (rtt) => {
    const way = await delayed(lab.hosts.slice(0, count), rtt);
    const folder = mkdtempSync(join(project, 'way-'));
    writeFileSync(join(folder, 'run.yaml'), '');
    mkdirSync(join(folder, 'runbooks'), { recursive: true });
    const tools = contestants(folder, way.hosts, { ...lab, run });
    return { folder, tools, close: way.close, cwd: folder };
  };
}

/** Work that has been done on so many hosts already, by so many tools. */
const there = new Set();

/** Each tool does the work on hosts made bare again, and must leave what the first one left. */
async function bringThere(lab, { work, hosts: count, slow, without = [] }) {
  const hosts = lab.hosts.slice(0, count);
  const way = await open(lab, count)(0);
  let wanted;
  for (const [name, command] of Object.entries(way.tools)) {
    if (name.startsWith('ssh') || (isOther(name) && (count > 2 || slow === 0 || without.includes(name))))
      continue;
    if (there.has(`${name} ${work} ${count}`)) continue;
    there.add(`${name} ${work} ${count}`);
    await onHosts(hosts, undo(work));
    await measure(command(work), { cwd: way.cwd });
    const { outs: ends } = await onHosts(hosts, endState(work));
    wanted ??= ends[0];
    for (const end of ends) {
      if (end !== wanted)
        throw new Error(`${name} left another end state of ${work} than ${OURS}:\n${end}\n---\n${wanted}`);
    }
  }
  way.close();
}

async function unchanged(lab, wish) {
  const { work, rtt, hosts: count, rounds, slow, without = [] } = wish;
  const hosts = lab.hosts.slice(0, count);
  await bringThere(lab, wish);
  const way = await open(lab, count)(rtt);
  const all = Object.entries(way.tools).filter(([name]) => !without.includes(name));
  const figures = Object.fromEntries(all.map(([name]) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round += 1) {
    for (const [name, command] of all) {
      if (isOther(name) && (round < 0 || round >= slow)) continue;
      if (isOther(name)) spawnSync('sh', ['-c', endMasters()]);
      const figure = await measure(command(work), { cwd: way.cwd, hosts });
      if (!saysUnchanged(name, figure.out))
        throw new Error(`${name} changed something:\n${figure.out.slice(-2000)}`);
      if (round >= 0) figures[name].push(figure);
    }
  }
  way.close();
  const title = `${work === 'full' ? '131 resources' : '20 tasks'}, nothing to change, ${count} hosts, ${rtt} ms`;
  return section(title, figures, FLOOR);
}

/** Hosts are made bare before each round, outside the measured time. */
async function first(lab, rtt, rounds, slow) {
  const hosts = lab.hosts.slice(0, 2);
  const way = await open(lab, 2)(rtt);
  const all = Object.entries(way.tools).filter(([name]) => !name.startsWith('ssh host sh'));
  const figures = Object.fromEntries(all.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, command] of all) {
      if (isOther(name) && round >= slow) continue;
      await onHosts(hosts, undo('fresh'));
      if (isOther(name)) spawnSync('sh', ['-c', endMasters()]);
      figures[name].push(await measure(command('fresh'), { cwd: way.cwd, hosts }));
    }
  }
  way.close();
  return section(`50 new files, 2 hosts, ${rtt} ms`, figures, FLOOR);
}

async function oneChange(lab, rtt, { rounds, slow, without }) {
  const hosts = lab.hosts.slice(0, 2);
  await bringThere(lab, { work: 'full', hosts: 2, slow, without });
  const way = await open(lab, 2)(rtt);
  const all = Object.entries(way.tools).filter(
    ([name]) => !name.startsWith('ssh host sh') && !without.includes(name),
  );
  const figures = Object.fromEntries(all.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, command] of all) {
      if (isOther(name) && round >= slow) continue;
      await onHosts(hosts, 'echo changed >/srv/bench131/setting-50.conf');
      if (isOther(name)) spawnSync('sh', ['-c', endMasters()]);
      figures[name].push(await measure(command('full'), { cwd: way.cwd, hosts }));
    }
  }
  way.close();
  return section(`131 resources, one of them changed, 2 hosts, ${rtt} ms`, figures, FLOOR);
}

function machine() {
  const [processor] = cpus();
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${processor?.model.trim() ?? 'processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, ${versionOf('ansible --version')}, ${versionOf('ssh -V 2>&1')}. Hosts and controller share the machine.`;
}

const versionOf = (command) =>
  spawnSync('sh', ['-c', command], { encoding: 'utf8' }).stdout.split('\n')[0]?.split(',')[0] ?? '';

const HEAD = `# What it costs

Made by \`npm run bench\`: Ansible in its ways, plain ssh and this tool do the same work on the same lab hosts, turn by
turn, and must leave the same end state. Medians of whole processes, start and login included; connections of Ansible are closed before each
round. Round-trip times are made by TCP proxies. The last column says how often each was measured: what takes minutes, once.
`;
const parts = [];
const wants = (name) => values.only === undefined || name === values.only;
const add = (text) => {
  parts.push(text);
  console.log(text);
};
try {
  // A code cache that an earlier run on this machine alone has left would be another engine than the one that users have.
  rmSync(join(root, 'dist/engine.cache'), { force: true });
  mkdirSync(join(project, 'runbooks'));
  add(`${machine()}\n`);
  let lab = labUp(2);
  await prepare(lab.hosts);
  for (const wish of unchangedWishes(values.quick)) {
    if (!wants('unchanged') && !wants(`hosts-${wish.hosts}`)) continue;
    if (wish.hosts > lab.hosts.length) {
      lab = labUp(wish.hosts);
      if (wish.slow > 0) await prepare(lab.hosts);
    }
    add(await unchanged(lab, wish));
  }
  if (wants('first'))
    for (const rtt of values.quick ? [50] : [0, 50]) add(await first(lab, rtt, 5, values.quick ? 0 : 1));
  if (wants('change'))
    add(await oneChange(lab, 50, { rounds: 5, slow: values.quick ? 0 : 1, without: ['Ansible, default'] }));
  if (wants('provision') && !values.quick) {
    const bare = () => {
      must('lab', 'down');
      return labUp(2).hosts;
    };
    add(await firstRun({ project, root, run, bare, onHosts, rounds: 2 }));
  }
  if (values.write) writeFileSync(values.write, `${HEAD}\n${parts.join('\n')}`);
} finally {
  must('lab', 'down');
  rmSync(project, { recursive: true, force: true });
}
