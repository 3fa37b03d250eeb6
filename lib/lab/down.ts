/** `run lab down`: nothing of the lab stays, whatever state it was in. */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CLAIMS, dropClaim, findLab, listClaims } from './claim.ts';
import { mountsUnder } from './disk.ts';
import { exec, must } from './exec.ts';
import { DEFAULT_CACHE, diskFolder, inventoryFolder, type Lab, type LabOptions, runFolder } from './lab.ts';
import { withLock } from './lock.ts';
import { removeNetwork, restoreForwarding } from './network.ts';
import { endProcesses, labProcesses } from './process.ts';
import { requireRoot } from './requirement.ts';

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
  await removeGroups(lab);
  const disks = diskFolder(lab);
  for (const place of mountsUnder(disks)) await must('umount', [place]);
  rmSync(disks, { recursive: true, force: true });
  removeIfEmpty(dirname(disks));
  await withLock(join(CLAIMS, 'lock'), log, async () => {
    await removeNetwork(lab);
    dropClaim(lab);
    if (listClaims().length === 0) restoreForwarding();
  });
  removeIfEmpty(CLAIMS);
}

function namespaces(): readonly string[] {
  return existsSync('/run/netns') ? readdirSync('/run/netns') : [];
}

/** What systemd-nspawn leaves when it is killed: control groups, and a folder for mounts handed in. */
async function removeGroups(lab: Lab): Promise<void> {
  for (const parent of ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified']) {
    if (!existsSync(parent)) continue;
    for (const name of readdirSync(parent).filter((one) => one.startsWith(`${lab.id}-`))) {
      await exec('find', [join(parent, name), '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';']);
    }
  }
  const propagate = '/run/systemd/nspawn/propagate';
  if (!existsSync(propagate)) return;
  for (const name of readdirSync(propagate).filter((one) => one.startsWith(`${lab.id}-`))) {
    removeIfEmpty(join(propagate, name));
  }
}

function removeIfEmpty(folder: string): void {
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}
