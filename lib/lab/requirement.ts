/** What the machine must have for a lab: Linux, root, a few Debian packages, which it installs when told nothing else. */
import { RunError } from '../base/error.ts';
import { exec, must } from './exec.ts';
import type { Driver } from './lab.ts';

/** Program to the Debian package that has it. */
const TOOLS: Readonly<Record<string, string>> = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  nft: 'nftables',
  ip: 'iproute2',
  'ssh-keygen': 'openssh-client',
};

const UML_TOOLS: Readonly<Record<string, string>> = {
  'linux.uml': 'user-mode-linux',
  'mkfs.ext4': 'e2fsprogs',
  unshare: 'util-linux',
  perl: 'perl-base',
  // What a few modules of its kernel are built with.
  gcc: 'build-essential',
  make: 'make',
  flex: 'flex',
  bison: 'bison',
  bc: 'bc',
  xz: 'xz-utils',
  depmod: 'kmod',
};

/** Refuses with the one command that mends it, or installs what is missing, saying so first. */
export async function requireTools(
  driver: Driver,
  noInstall: boolean,
  log: (line: string) => void,
): Promise<void> {
  const missing: string[] = [];
  for (const [tool, name] of Object.entries(driver === 'uml' ? { ...TOOLS, ...UML_TOOLS } : TOOLS)) {
    // Not `which`: it is a package of its own. `sh -c` with a fixed text and the name as an argument.
    if ((await exec('sh', ['-c', 'command -v "$1"', 'sh', tool])).rc !== 0) missing.push(name);
  }
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if ((await exec('sh', ['-c', 'command -v apt-get'])).rc !== 0) {
    throw new RunError('invalid', `lab: ${missing.join(', ')} missing, and this machine has no apt`, {
      hint: 'make the lab on a Debian machine, or install these packages by your own means',
    });
  }
  if (noInstall) {
    throw new RunError('invalid', `lab: not installed here: ${missing.join(', ')}`, {
      hint: `type: ${command}`,
    });
  }
  log(`installing what the lab needs: ${command}`);
  await must('apt-get', ['update', '-q']);
  await must('env', ['DEBIAN_FRONTEND=noninteractive', ...command.split(' ')]);
}

/** Throws `invalid` unless this is Linux and we are root there; `command` is what to type with sudo. */
export async function requireRoot(command: string): Promise<void> {
  const kernel = await exec('uname', ['-s']);
  if (kernel.out.trim() !== 'Linux') {
    throw new RunError('invalid', 'lab: hosts are Debian systems, which need a Linux kernel', {
      hint: 'run it on a Linux machine, or use your own machines by an inventory of theirs',
    });
  }
  const id = await exec('id', ['-u']);
  if (id.out.trim() === '0') return;
  throw new RunError('invalid', 'lab: making hosts, mounts and network namespaces needs root', {
    hint: `type: sudo ${command}`,
  });
}
