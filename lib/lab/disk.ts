/** A host's disk: an overlay over the base or an image made of it, and the few files that make the host somebody. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunError } from '../base/error.ts';
import { exec, must } from './exec.ts';
import { makeImage } from './image.ts';
import { diskFolder, imageOf, type Lab, type LabHost, treeOf } from './lab.ts';
import { mountsUnder, unmountUnder } from './mount.ts';
import { resolverText } from './network.ts';

const HOST_KEY = 'etc/ssh/ssh_host_ed25519_key';

/** Home folder and owner of each account that the lab's key opens. */
const ACCOUNTS = [
  { home: 'root', id: 0 },
  { home: 'home/admin', id: 1000 },
  { home: 'home/ops', id: 1001 },
];

/**
 * Makes and fills the disk on the first time, and mounts it if the host is a container. A disk whose filling was cut off
 * is made anew.
 */
export async function ensureDisk(lab: Lab, host: LabHost, publicKey: string): Promise<void> {
  const disk = join(diskFolder(lab), host.name);
  const tree = treeOf(lab, host);
  const ready = join(disk, 'ready');
  if (!existsSync(ready)) {
    await unmountUnder(disk);
    rmSync(disk, { recursive: true, force: true });
  }
  const isImage = lab.driver === 'uml';
  if (isImage && existsSync(ready)) return;
  await mountTree(lab, host, disk, tree);
  if (existsSync(ready)) return;
  await fill(tree, host, publicKey);
  if (isImage) {
    await makeImage(tree, imageOf(lab, host));
    await unmountUnder(disk);
  }
  writeFileSync(ready, '');
}

async function mountTree(lab: Lab, host: LabHost, disk: string, tree: string): Promise<void> {
  if (mountsUnder(tree).includes(tree)) return;
  for (const name of ['upper', 'work', 'tree']) mkdirSync(join(disk, name), { recursive: true, mode: 0o755 });
  const base = readFileSync(join(diskFolder(lab), 'base'), 'utf8');
  const options = `lowerdir=${base},upperdir=${join(disk, 'upper')},workdir=${join(disk, 'work')}`;
  const mounted = await exec('mount', ['-t', 'overlay', `${lab.id}-${host.name}`, '-o', options, tree]);
  if (mounted.rc === 0) return;
  throw new RunError('failed', `lab: the disk of ${host.name} cannot be mounted in ${lab.cacheDir}`, {
    output: mounted.err.trim(),
    hint: 'an overlay needs a real disk below (ext4, xfs, btrfs): give another cache folder',
  });
}

async function fill(tree: string, host: LabHost, publicKey: string): Promise<void> {
  const put = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text, { mode });
  };
  put('etc/hostname', `${host.name}\n`);
  put(
    'etc/hosts',
    `127.0.0.1\tlocalhost\n127.0.1.1\t${host.name}\n::1\tlocalhost ip6-localhost ip6-loopback\n`,
  );
  put('etc/machine-id', `${randomBytes(16).toString('hex')}\n`, 0o444);
  put('etc/resolv.conf', resolverText());
  for (const { home, id } of ACCOUNTS) {
    const folder = join(tree, home, '.ssh');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'authorized_keys'), publicKey, { mode: 0o600 });
    await must('chown', ['-R', `${id}:${id}`, folder]);
  }
  const comment = `root@${host.name}`;
  await must('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', join(tree, HOST_KEY)]);
}

/** The host's public key, as `ssh-ed25519 AAAA…`: known before the host has booted. */
export function hostKeyOf(lab: Lab, host: LabHost): string {
  // In the difference to the base, which is there whether the tree is mounted or not.
  const text = readFileSync(join(diskFolder(lab), host.name, 'upper', `${HOST_KEY}.pub`), 'utf8');
  return text.split(' ').slice(0, 2).join(' ').trim();
}
