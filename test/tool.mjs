/** Installs the programs that tests drive (real sshd, busybox, nspawn …), or says the one command that does. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Program, and the Debian package that has it. */
const TOOLS = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  dropbear: 'dropbear-bin',
  doas: 'opendoas',
  busybox: 'busybox-static',
  dash: 'dash',
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  'linux.uml': 'user-mode-linux',
  'mkfs.ext4': 'e2fsprogs',
  gcc: 'build-essential',
  make: 'make',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
  xz: 'xz-utils',
  depmod: 'kmod',
  nft: 'nftables',
  ip: 'iproute2',
  ps: 'procps',
  unshare: 'util-linux',
  script: 'bsdutils',
  tcpdump: 'tcpdump',
  git: 'git',
  zsh: 'zsh',
  fish: 'fish',
};
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
/** While this file says 101, installing a server's package does not start the server. */
const POLICY = '/usr/sbin/policy-rc.d';

/** Programs, or paths, with their packages. False, with the reason printed, where they are not to be had. */
export function ensureTools(tools = TOOLS) {
  const missing = Object.entries(tools).flatMap(([tool, name]) => (isThere(tool) ? [] : [name]));
  if (missing.length === 0) return true;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  const debian = existsSync('/etc/debian_version') && isThere('apt-get');
  if (process.getuid?.() !== 0 || !debian) {
    console.log(`these programs are missing; as root on Debian: ${command}`);
    return false;
  }
  console.log(`installing what is needed: ${missing.join(' ')}`);
  return install(command);
}

function isThere(tool) {
  if (tool.startsWith('/')) return existsSync(tool);
  return FOLDERS.some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function install(command) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const update = spawnSync('apt-get', ['update', '-q'], { stdio: 'inherit', env });
    const [program, ...args] = command.split(' ');
    return update.status === 0 && spawnSync(program, args, { stdio: 'inherit', env }).status === 0;
  } finally {
    if (ours && readFileSync(POLICY, 'utf8').includes('exit 101')) rmSync(POLICY);
  }
}
