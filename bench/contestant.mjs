/** The tools side by side: how each is told where the hosts are, what it is told to do, and the command that does it. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { playbook, runbook, script, WORKS } from './work.mjs';

export const MITOGEN = '/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy';

/** A folder with everything each tool needs to reach `hosts`, and commands by tool and work. */
export function contestants(folder, hosts, { key, knownHosts, run }) {
  mkdirSync(join(folder, 'runbooks'), { recursive: true });
  mkdirSync(join(folder, 'inventory/bench'), { recursive: true });
  copyFileSync(key, join(folder, 'inventory/bench/id_ed25519'));
  const known = knownLines(hosts, knownHosts);
  writeFileSync(join(folder, 'inventory/bench/known_hosts'), known);
  writeFileSync(join(folder, 'inventory/bench/hosts.yaml'), inventory(hosts));
  writeFileSync(join(folder, 'hosts.ini'), ini(folder, hosts));
  for (const name of Object.keys(WORKS)) {
    writeFileSync(join(folder, `runbooks/${name}.yaml`), runbook(name));
    writeFileSync(join(folder, `${name}.yml`), playbook(name));
    writeFileSync(join(folder, `${name}.sh`), script(name));
  }
  const forks = Math.max(5, hosts.length);
  const base = `[defaults]\nforks = ${forks}\nretry_files_enabled = false\nhost_key_checking = true\ninterpreter_python = /usr/bin/python3\n`;
  writeFileSync(join(folder, 'default.cfg'), base);
  writeFileSync(join(folder, 'pipelining.cfg'), `${base}[ssh_connection]\npipelining = true\n`);
  writeFileSync(
    join(folder, 'mitogen.cfg'),
    `${base}strategy_plugins = ${MITOGEN}\nstrategy = mitogen_linear\n`,
  );
  const ssh = (tail) => each(hosts, (host) => `ssh ${sshFlags(folder, host)} root@${host.address} ${tail}`);
  const ansible = (config) => (work) =>
    `ANSIBLE_CONFIG=${folder}/${config}.cfg ANSIBLE_NOCOLOR=1 ansible-playbook -i ${folder}/hosts.ini ${folder}/${work}.yml`;
  return {
    'ssh host true': () => ssh('true'),
    'ssh host sh < script': (work) => ssh(`sh <${folder}/${work}.sh`),
    'run (ours)': (work) => `${run} ${work} inventory/bench --no-color`,
    'Ansible, default': ansible('default'),
    'Ansible, pipelining': ansible('pipelining'),
    ...(existsSync(MITOGEN) ? { 'Ansible, Mitogen': ansible('mitogen') } : {}),
  };
}

const each = (hosts, command) => `${hosts.map((host) => `${command(host)} & `).join('')}wait`;

function sshFlags(folder, { port = 22 }) {
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${folder}/inventory/bench/known_hosts`,
  ];
  return `-F none -p ${port} -i ${folder}/inventory/bench/id_ed25519 ${options.map((option) => `-o ${option}`).join(' ')}`;
}

/** The lab's host keys under the names that the proxies have. */
function knownLines(hosts, knownHosts) {
  const keys = new Map(
    knownHosts
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([names, ...key]) => [names.split(',')[0], key.join(' ')]),
  );
  return hosts
    .map(({ name, address, port }) => `${port ? `[${address}]:${port}` : address} ${keys.get(name)}\n`)
    .join('');
}

function inventory(hosts) {
  const lines = hosts.map(
    ({ name, address, port }) =>
      `  ${name}: { address: ${address}${port ? `, port: ${port}` : ''}, user: root, identity: id_ed25519 }\n`,
  );
  return `hosts:\n${lines.join('')}`;
}

function ini(folder, hosts) {
  const args = `-F none -o IdentitiesOnly=yes -o UserKnownHostsFile=${folder}/inventory/bench/known_hosts -o ControlMaster=auto -o ControlPersist=60s`;
  return hosts
    .map(
      ({ name, address, port = 22 }) =>
        `${name} ansible_host=${address} ansible_port=${port} ansible_user=root ansible_ssh_private_key_file=${folder}/inventory/bench/id_ed25519 ansible_ssh_args="${args}"\n`,
    )
    .join('');
}

/** True when a tool's own report says that it changed nothing. */
export function saysUnchanged(tool, out) {
  if (tool.startsWith('ssh')) return true;
  const counts = [...out.matchAll(/\bchanged=(\d+)/g)].map(([, count]) => Number(count));
  return counts.length > 0 && counts.every((count) => count === 0);
}

/** Ansible keeps its connections open for a minute: ended, so that each round logs in like the first. */
export function endMasters() {
  const folder = join(process.env.HOME ?? '/root', '.ansible/cp');
  if (!existsSync(folder)) return '';
  return readdirSync(folder)
    .map((name) => `ssh -O exit -o ControlPath=${join(folder, name)} none 2>/dev/null`)
    .join('; ');
}
