/** The root file system of a host under user-mode Linux: one ext4 image, made from its file tree. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must } from './exec.ts';

/** What the kernel starts first, in place of systemd. */
export const UML_INIT = '/usr/lib/tightbeam-lab/init';

/**
 * A host finds its network set up when systemd starts, as a container does. The modules are the machine's own, of the very
 * kernel that runs: nothing else may be reached there, and not written. IPv6 is one of them, on servers it never is.
 * What the kernel hands on as environment would reach every service.
 */
const INIT = `#!/bin/sh
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t hostfs -o ro modules /usr/lib/modules
modprobe -q ipv6
ip link set dev lo up
ip link set dev vec0 name eth0
ip address add "$lab_address" dev eth0
ip link set dev eth0 up
ip route add default via "$lab_gateway"
exec env -i HOME=/ TERM=linux /sbin/init
`;

// Sparse: on this machine it takes as much as was ever written to it, a quarter of a gigabyte at first.
const SIZE = '8G';

/** Writes the image whole or not at all. */
export async function makeImage(tree: string, image: string): Promise<void> {
  const init = join(tree, UML_INIT);
  mkdirSync(dirname(init), { recursive: true });
  writeFileSync(init, INIT, { mode: 0o755 });
  mkdirSync(join(tree, 'usr/lib/modules'), { recursive: true });
  const part = `${image}.part`;
  rmSync(part, { force: true });
  await must('mkfs.ext4', [
    '-q',
    '-F',
    '-m',
    '0',
    '-L',
    'root',
    '-E',
    'root_owner=0:0',
    '-d',
    tree,
    part,
    SIZE,
  ]);
  renameSync(part, image);
}
