/**
 * `node bench/exact.mjs [--rounds N] [--only share|cost]`: how much of what runs do on bare lab hosts their dry runs foretell, and what a
 * dry run of 50 hosts costs beside the run of them that changes nothing, turn by turn. Prints tables in Markdown.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, median } from './meter.mjs';
import 'tsx';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, only: { type: 'string' } },
});
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = join(root, 'run');
const project = mkdtempSync(join(tmpdir(), 'tightbeam-exact-'));
const COUNT = 50;

function must(...words) {
  const { status, stdout, stderr } = spawnSync(run, words, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new Error(`run ${words.join(' ')} ended with ${status}\n${stdout}${stderr}`);
}

/** A run's events, as the comparison of the tests wants them. */
function recorded(book, ...flags) {
  const file = join(project, 'events.jsonl');
  must(book, 'inventory/lab', '--events', file, ...flags);
  const events = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  rmSync(file);
  return { of: (kind) => events.filter((event) => event.kind === kind) };
}

/** Runbooks on two hosts that are bare again before each. */
async function share() {
  const { forecast } = await import('../test/fixture/forecast.ts');
  console.log(`### Foretold by a dry run of 2 bare hosts

| runbook | changes made | foretold, in their order | of these to the last byte | known after apply in part | made, but not foretold or foretold otherwise |
|---|---|---|---|---|---|`);
  cpSync(join(root, 'runbooks'), join(project, 'runbooks'), { recursive: true });
  for (const name of ['chain.yaml', 'files'])
    cpSync(join(root, 'test/real/exact', name), join(project, 'runbooks', name), { recursive: true });
  for (const book of ['provision', 'server', 'chain']) {
    must('lab', 'up', '--hosts', '2');
    try {
      const [dry, real] = [recorded(book, '--dry-run'), recorded(book)];
      const all = ['roz', 'wro'].map((host) => forecast(dry, real, host));
      const sum = (count) => all.reduce((total, each) => total + count(each), 0);
      const made = sum((each) => each.made);
      const exact = sum((each) => each.exact);
      const partly = sum(({ partly: list }) => list.length);
      const wrong = sum(({ wrong: list, later }) => list.length + later.length);
      console.log(
        `| ${book} | ${made} | ${exact + partly} (${(((exact + partly) / made) * 100).toFixed(0)} %) | ${exact} | ${partly} | ${wrong} |`,
      );
    } finally {
      must('lab', 'down');
    }
  }
}

function writeFleet(server) {
  const files = Array.from({ length: 20 }, (_, index) => join(project, `srv/setting-${index}.conf`));
  for (const folder of ['srv', 'runbooks', 'inventory/fleet'])
    mkdirSync(join(project, folder), { recursive: true });
  for (const path of files) writeFileSync(path, 'port = 8080\n', { mode: 0o644 });
  const step = (path, index) =>
    `  - { id: s${index}, task: file, with: { path: ${path}, content: "port = 8080\\n", mode: "0644" } }\n`;
  const book = `name: Fleet\nhosts: all\nsteps:\n${files.map(step).join('')}`;
  writeFileSync(join(project, 'runbooks/fleet.yaml'), book);
  const host = (_, index) =>
    `  h${index}: { address: 127.1.0.${index + 1}, port: ${server.port}, user: root, identity: ${server.identity} }\n`;
  writeFileSync(
    join(project, 'inventory/fleet/hosts.yaml'),
    `hosts:\n${Array.from({ length: COUNT }, host).join('')}`,
  );
  writeFileSync(
    join(project, 'inventory/fleet/known_hosts'),
    `[127.1.*]:${server.port} ${server.hostKey('ed25519')}\n`,
  );
}

/** One OpenSSH server on as many loopback addresses. */
async function cost() {
  const { startSshd } = await import('../test/fixture/sshd.ts');
  const server = await startSshd({
    listen: '0.0.0.0',
    config: ['MaxStartups 1000:30:2000', 'SetEnv SHLVL=2'],
  });
  try {
    writeFleet(server);
    const figures = { 'run, nothing to change': [], 'dry run': [] };
    for (let round = -1; round < Number(values.rounds); round += 1) {
      for (const [name, list] of Object.entries(figures)) {
        const file = join(project, 'events.jsonl');
        const flag = name === 'dry run' ? '--dry-run' : '';
        const command = `${run} fleet inventory/fleet ${flag} --quiet --events ${file}`;
        const figure = await measure(command, { cwd: project, env: { RUN_SSH_CONFIG: 'none' } });
        const recap = JSON.parse(readFileSync(file, 'utf8').trim().split('\n').at(-1));
        const served = Object.values(recap.hosts).filter(
          ({ ok, roundTrips }) => ok === 20 && roundTrips === 1,
        );
        if (served.length !== COUNT)
          throw new Error(`${COUNT - served.length} hosts were not served in one round trip`);
        if (round >= 0) list.push(figure);
      }
    }
    console.log(`### A dry run of ${COUNT} hosts, 20 resources each

| | wall, s | to the run | least wall, s | CPU here, s | round trips a host | rounds |
|---|---|---|---|---|---|---|`);
    const base = median(figures['run, nothing to change'].map(({ wall }) => wall));
    for (const [name, list] of Object.entries(figures)) {
      const of = (field) => median(list.map((figure) => figure[field]));
      const least = Math.min(...list.map(({ wall }) => wall));
      console.log(
        `| ${name} | ${of('wall').toFixed(2)} | ${(of('wall') / base).toFixed(2)} × | ${least.toFixed(2)} | ${of('cpu').toFixed(2)} | 1 | ${list.length} |`,
      );
    }
  } finally {
    await server.stop();
  }
}

try {
  if (values.only !== 'cost') await share();
  if (values.only !== 'share') await cost();
} finally {
  rmSync(project, { recursive: true, force: true });
}
process.exit(0);
