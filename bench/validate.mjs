/**
 * What it costs to check everything before the first connection: 2,000 hosts with 20 variables each and 200 steps, and a
 * fabric of 200 hosts that all know each other. Seconds of CPU of the whole command, start included; cold: the files
 * are read for the first time. `node bench/validate.mjs [--rounds 5] [--check]`; --check ends with 1 over a limit.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const LIMITS = { 'fleet cold': 2, 'fleet warm': 1, 'fabric warm': 0.8 };
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, check: { type: 'boolean', default: false } },
});
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const project = mkdtempSync(join(tmpdir(), 'tightbeam-validate-'));

function write(path, lines) {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), `${lines.join('\n')}\n`);
}

/** Values that differ on each host, on some hosts and on none. */
function fleetInventory() {
  const lines = ['hosts:'];
  for (let host = 0; host < 2000; host += 1) {
    lines.push(`  web${host}:`, `    address: 10.0.${host >> 8}.${host & 255}`);
    lines.push(`    groups: [web${host % 7 === 0 ? ', edge' : ''}]`, '    vars:');
    for (let name = 0; name < 20; name += 1) {
      const value = [host * name, `text ${host} ${name}`, host % 2 === 0][name % 3];
      lines.push(`      v${name}: ${value}`);
    }
  }
  lines.push('groups:', '  web: { vars: { port: 8080, top: /srv/www } }', '  edge: { vars: { tls: true } }');
  write('inventory/fleet/hosts.yaml', lines);
}

const STEPS = [
  (id) =>
    `task: file, with: { path: /etc/app/f${id}, content: "port \${{ host.vars.port }} of \${{ host.name }}", mode: "0644" }`,
  (id) =>
    `task: sysctl, with: { file: /etc/sysctl.d/${id}.conf, values: { vm.swappiness: "\${{ host.vars.v3 }}" } }`,
  (id) => `task: service, with: { name: app${id}, running: true, enabled: true }`,
  (id) => `task: directory, with: { path: "\${{ host.vars.top }}/\${{ vars.app }}/${id}", mode: "0755" }`,
  (id) =>
    `task: file, when: "\${{ host.vars.v0 >= 100 && host.name != 'web7' }}", with: { path: /etc/app/g${id}, content: "\${{ host.vars.v2 ? 'yes' : 'no' }} \${{ host.vars.v1 }}" }`,
  (id) =>
    `task: line, with: { path: /etc/app/lines, line: "v${id}=\${{ host.vars.v4 }} \${{ vars.release }}" }`,
  (id) =>
    `task: sysctl, with: { file: /etc/sysctl.d/${id}.conf, values: { vm.dirty_ratio: "\${{ host.vars.v6 % 50 + 1 }}" } }`,
  (id) => `task: package, with: { names: [pkg${id}, "\${{ host.vars.v2 ? 'one' : 'two' }}"] }`,
];

function fleetRunbook() {
  const steps = Array.from({ length: 200 }, (_, id) => `  - { id: s${id}, ${STEPS[id % STEPS.length](id)} }`);
  write('runbooks/fleet.yaml', [
    'name: Fleet',
    'hosts: web',
    'vars: { release: "7", app: shop }',
    'steps:',
    ...steps,
  ]);
}

/** For the runbook that the package brings. */
function fabricInventory() {
  const lines = ['hosts:'];
  for (let host = 1; host <= 200; host += 1)
    lines.push(
      `  site${host}: { groups: [fabric, linux], vars: { wg_address: 10.0.0.${host}/32, wg_endpoint: 198.51.100.${host}, gateway: 10.1.${host}.1/24 } }`,
    );
  lines.push(
    'groups:',
    '  fabric: { vars: { asn: 65000, vrf: vrf_site, wg_userspace: false, outside: 192.0.2.1 } }',
    '  linux: {}',
    '  proxmox: {}',
  );
  write('inventory/fabric/hosts.yaml', lines);
  copyFileSync(join(root, 'runbooks/provision.yaml'), join(project, 'runbooks/fabric.yaml'));
}

/** Seconds of CPU of one command, as the shell counts them. */
function cpu(name) {
  const script = 'node "$0" "$1" "$1" --list-hosts >/dev/null || exit 1; times';
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, join(root, 'dist/cli.cjs'), name], {
    cwd: project,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name} is refused: ${stderr}`);
  const [, children = ''] = stdout.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, m, s]) => sum + m * 60 + Number(s), 0);
}

function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}

function main() {
  fleetInventory();
  fleetRunbook();
  fabricInventory();
  const took = { 'fleet cold': [], 'fleet warm': [], 'fabric cold': [], 'fabric warm': [] };
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const name of ['fleet', 'fabric']) {
      rmSync(join(project, '.run'), { recursive: true, force: true });
      took[`${name} cold`].push(cpu(name));
      took[`${name} warm`].push(cpu(name));
    }
  }
  let over = false;
  for (const [name, list] of Object.entries(took)) {
    const middle = median(list);
    over ||= middle > (LIMITS[name] ?? Number.POSITIVE_INFINITY);
    process.stdout.write(
      `${name}: ${middle.toFixed(2)} s of CPU (least ${Math.min(...list).toFixed(2)} s)\n`,
    );
  }
  return values.check && over ? 1 : 0;
}

spawnSync(process.execPath, [join(root, 'build.mjs')], { stdio: 'inherit' });
try {
  process.exitCode = main();
} finally {
  rmSync(project, { recursive: true, force: true });
}
