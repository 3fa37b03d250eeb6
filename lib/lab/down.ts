/** `run lab down`: nothing of the lab stays, whatever state it was in. */
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CLAIMS, dropClaim, findLab, listClaims } from './claim.ts';
import { exec } from './exec.ts';
import { restoreInstances } from './inotify.ts';
import { DEFAULT_CACHE, diskFolder, inventoryFolder, type Lab, type LabOptions, runFolder } from './lab.ts';
import { withLock } from './lock.ts';
import { mountsUnder, unmountUnder } from './mount.ts';
import { NAMESPACES, removeNetwork, restoreMachine } from './network.ts';
import { endProcesses, labProcesses } from './process.ts';
import { requireRoot } from './requirement.ts';

const NSPAWN = '/run/systemd/nspawn';

/** True when there was something to take down. */
export async function labDown(options: LabOptions): Promise<boolean> {
  const { root, log, cacheDir = DEFAULT_CACHE } = options;
  await requireRoot('run lab down');
  const lab = findLab(root, cacheDir);
  const folder = runFolder(root);
  if (!lab && !existsSync(folder)) return false;
  await withLock(join(folder, 'lock'), log, async () => {
    if (lab) await sweepLab(lab, log);
    for (const name of readdirSync(folder)) {
      if (name !== 'lock') rmSync(join(folder, name), { recursive: true, force: true });
    }
    rmSync(inventoryFolder(root), { recursive: true, force: true });
  });
  removeIfEmpty(folder);
  removeIfEmpty(dirname(inventoryFolder(root)));
  forgetIgnoreFile(dirname(folder));
  return true;
}

/**
 * Ends and removes everything that carries the lab's name. Needs no state of the project: all of it is found in the
 * kernel and in the cache, so it also works after an `up` that was killed.
 */
export async function sweepLab(lab: Lab, log: (line: string) => void): Promise<void> {
  await endProcesses(() => labProcesses(lab));
  for (const name of namespaces().filter((one) => one.startsWith(`${lab.id}-`))) {
    await exec('ip', ['netns', 'delete', name]);
  }
  const disks = diskFolder(lab);
  removeLeavings(lab, mountsUnder(disks));
  await removeGroups(lab);
  await unmountUnder(disks);
  rmSync(disks, { recursive: true, force: true });
  removeIfEmpty(dirname(disks));
  await withLock(join(CLAIMS, 'lock'), log, async () => {
    await removeNetwork(lab);
    dropClaim(lab);
    if (listClaims().length === 0) {
      await restoreMachine();
      restoreInstances();
    }
  });
  removeIfEmpty(CLAIMS);
}

function namespaces(): readonly string[] {
  return existsSync(NAMESPACES) ? readdirSync(NAMESPACES) : [];
}

async function removeGroups(lab: Lab): Promise<void> {
  for (const parent of ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified']) {
    if (!existsSync(parent)) continue;
    for (const name of readdirSync(parent).filter((one) => one.startsWith(`${lab.id}-`))) {
      await exec('find', [join(parent, name), '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';']);
    }
  }
}

/** What systemd-nspawn leaves when it is killed: a folder for mounts handed in, and its lock on the tree's inode. */
function removeLeavings(lab: Lab, trees: readonly string[]): void {
  const propagate = join(NSPAWN, 'propagate');
  const folders = existsSync(propagate) ? readdirSync(propagate) : [];
  for (const name of folders.filter((one) => one.startsWith(`${lab.id}-`)))
    removeIfEmpty(join(propagate, name));
  for (const tree of trees) {
    const { dev, ino } = statSync(tree);
    rmSync(join(NSPAWN, 'locks', `inode-${dev}:${ino}`), { force: true });
  }
}

/** `.run` with nothing but the file that hides it from git. */
function forgetIgnoreFile(folder: string): void {
  if (!existsSync(folder) || readdirSync(folder).some((name) => name !== '.gitignore')) return;
  rmSync(join(folder, '.gitignore'), { force: true });
  removeIfEmpty(folder);
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'ENOTEMPTY', 'EBUSY'].includes(code)) throw error;
  }
}
