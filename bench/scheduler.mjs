/**
 * What the engine itself costs: a fleet of hosts with nothing to change, in one process, on sessions that answer from
 * memory. `node --expose-gc bench/scheduler.mjs [--hosts 10000] [--steps 200] [--forks 50] [--root DIR] [--check]`
 * prints CPU seconds for loading and for the run, the run's cost per host, and memory. CPU time and not wall time
 * counts, as other work on the machine falls on the latter. --check ends with 1 over a limit.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

/** Milliseconds of CPU and kilobytes of heap, per host. */
const LIMITS = { cpu: 10, heap: 20 };
const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '10000' },
    steps: { type: 'string', default: '200' },
    forks: { type: 'string', default: '50' },
    root: { type: 'string', default: dirname(dirname(fileURLToPath(import.meta.url))) },
    check: { type: 'boolean', default: false },
  },
});
const hosts = Number(values.hosts);
const steps = Number(values.steps);
const root = resolve(values.root);
const project = mkdtempSync(join(tmpdir(), 'tightbeam-scheduler-'));

/** Half of the steps are the same everywhere, half look at variables of the host. */
function writeProject() {
  const lines = ['name: Fleet', 'hosts: web', 'steps:'];
  for (let index = 0; index < steps; index += 1) {
    const path = join(project, 'srv', `setting-${index}.conf`);
    const port = index % 2 === 0 ? '8080' : '${{ host.vars.port }}';
    lines.push(
      `  - { id: s${index}, task: file, with: { path: ${path}, content: "port = ${port}\\n", mode: "0644" } }`,
    );
    writeFileSync(path, 'port = 8080\n', { mode: 0o644 });
  }
  const inventory = ['hosts:'];
  for (let index = 0; index < hosts; index += 1)
    inventory.push(`  web${index}: { groups: [web], vars: { rack: ${index % 40}, row: ${index} } }`);
  inventory.push('groups:', '  web: { vars: { port: 8080 } }', '');
  writeFileSync(join(project, 'runbooks', 'fleet.yaml'), `${lines.join('\n')}\n`);
  writeFileSync(join(project, 'inventory', 'fleet', 'hosts.yaml'), inventory.join('\n'));
}

/** The engine as the command has it, in one file: what is measured is not how modules are loaded. */
async function engine() {
  const names = {
    startRun: 'lib/engine/run.ts',
    loadProject: 'lib/load/project.ts',
    hostVars: 'lib/load/inventory/host-vars.ts',
    paramChecker: 'lib/load/task/param.ts',
    localFiles: 'lib/load/task/local-file.ts',
  };
  const exports = Object.entries(names).map(([name, path]) => `export { ${name} } from './${path}';`);
  const contents = `${exports.join('\n')}\nexport { default as file } from './tasks/file.ts';\n`;
  const outfile = join(project, 'engine.cjs');
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['esbuild', 'liquidjs', 'ajv'],
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
  });
  return createRequire(import.meta.url)(outfile);
}

/** Each script is run here once, and its answer is every host's. */
function sessions() {
  const answers = new Map();
  const answer = (script) => {
    const known = answers.get(script.text);
    if (known) return known;
    const { status, stdout, stderr } = spawnSync('sh', [], {
      input: Buffer.from(script.text, 'latin1'),
      env: { ...process.env, LC_ALL: 'C' },
    });
    const made = { ended: 'done', rc: status, out: stdout, err: stderr };
    answers.set(script.text, made);
    return made;
  };
  return async () => {
    const session = {
      roundTrips: 0,
      hello: { uid: 0, user: 'root', login: 'root', stateDir: '/var/lib/tightbeam' },
      async read(parts) {
        session.roundTrips += 1;
        return parts.map(({ tag, script }) => ({ tag, ...answer(script) }));
      },
      async apply() {
        throw new Error('nothing is to be changed here');
      },
      async close() {},
    };
    return session;
  };
}

/** Seconds of CPU that it takes. */
async function cpu(act) {
  const before = process.cpuUsage();
  const result = await act();
  const { user, system } = process.cpuUsage(before);
  return { result, seconds: (user + system) / 1e6 };
}

function heap() {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function main() {
  for (const folder of ['srv', 'runbooks', 'inventory/fleet'])
    mkdirSync(join(project, folder), { recursive: true });
  writeProject();
  const { startRun, loadProject, hostVars, paramChecker, localFiles, file } = await engine();
  const loading = await cpu(() =>
    loadProject({
      cwd: project,
      runbook: 'fleet',
      inventory: 'fleet',
      limit: [],
      tags: [],
      skipTags: [],
      extraVars: [],
      builtinTasks: new Map([['file', async () => file]]),
      engineUrl: 'file:///nowhere',
      env: process.env,
      home: project,
    }),
  );
  const loaded = loading.result;
  const check = paramChecker();
  const vars = new Map();
  const varsOf = (host) => {
    if (!vars.has(host)) vars.set(host, hostVars(loaded, host));
    return vars.get(host);
  };
  const before = heap();
  let [events, done, ended, middle] = [0, 0, undefined, 0];
  const running = await cpu(
    () =>
      startRun({
        project: loaded,
        version: '0',
        dryRun: false,
        detailedExitCode: false,
        forks: Number(values.forks),
        become: { become: false, user: undefined },
        becomePassword: undefined,
        user: undefined,
        identity: undefined,
        connectTimeoutMs: 1000,
        silenceTimeoutMs: 1000,
        hostKeyPolicy: 'strict',
        open: sessions(),
        emit(event) {
          events += 1;
          if (event.kind === 'stage' && event.stage === 'done') {
            done += 1;
            if (done === Math.floor(hosts / 2)) middle = heap();
          }
          if (event.kind === 'recap') ended = event;
        },
        command: () => 'run fleet fleet',
        vars: varsOf,
        local: (path, step) => localFiles(path, step.place),
        checkParams: (step, params) => check(step.task, step.taskName, params, step.with.place),
      }).verdict,
  );
  const wrong = Object.values(ended.hosts).filter((recap) => recap.ok !== steps || recap.roundTrips !== 1);
  if (running.result.exit !== 0 || wrong.length > 0)
    throw new Error(`not unchanged: ${JSON.stringify([ended.result, wrong[0]])}`);
  const perHost = {
    cpu: (running.seconds / hosts) * 1000,
    middle: (middle - before) / hosts / 1024,
    heap: (heap() - before) / hosts / 1024,
  };
  const peak = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(
    `${hosts} hosts × ${steps} steps, ${events} events: load ${loading.seconds.toFixed(2)} s of CPU, run ${running.seconds.toFixed(2)} s, ` +
      `${perHost.cpu.toFixed(2)} ms a host; heap ${perHost.middle.toFixed(1)} KB a host in the middle, ` +
      `${perHost.heap.toFixed(1)} KB at the end; peak RSS ${peak.toFixed(0)} MB\n`,
  );
  const over = perHost.cpu > LIMITS.cpu || (globalThis.gc !== undefined && perHost.middle > LIMITS.heap);
  return values.check && over ? 1 : 0;
}

try {
  process.exitCode = await main();
} finally {
  rmSync(project, { recursive: true, force: true });
}
