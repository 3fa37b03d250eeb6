/** Hosts as they were when they were made: their disks are thrown away and begun anew on the base, which is the snapshot. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { ensureBase } from './base.ts';
import { awaitHost, ensureBooted } from './boot.ts';
import { ensureDisk } from './disk.ts';
import { ensureKey, writeInventory } from './inventory.ts';
import { DEFAULT_CACHE, diskFolder, type LabHost, type LabOptions, runFolder } from './lab.ts';
import { withLock } from './lock.ts';
import { unmountUnder } from './mount.ts';
import { ensurePreparedBase } from './prepared-base.ts';
import { endProcesses, labProcesses } from './process.ts';
import { requireRoot } from './requirement.ts';
import { readState } from './state.ts';

export interface FreshOptions extends LabOptions {
  /** Debian packages that the hosts have from now on; none: those of a minimal system. Undefined: as before. */
  readonly packages?: readonly string[];
}

/**
 * All hosts of the lab, in the time of a boot. Names and addresses stay; host keys, and with them known_hosts, are new.
 * Throws `invalid` where there is no lab.
 */
export async function labFresh(options: FreshOptions): Promise<readonly LabHost[]> {
  const { root, log, cacheDir = DEFAULT_CACHE, packages } = options;
  await requireRoot('run lab fresh');
  const state = readState(root);
  if (!state) throw new RunError('invalid', 'lab: there is no lab here', { hint: 'type: run lab up' });
  const { lab, hosts } = state;
  const base = packages && (await ensurePreparedBase(await ensureBase(cacheDir, log), packages, log));
  return await withLock(join(runFolder(root), 'lock'), log, async () => {
    await endProcesses(() => labProcesses(lab));
    const publicKey = await ensureKey(root);
    if (base !== undefined) writeFileSync(join(diskFolder(lab), 'base'), base);
    await Promise.all(
      hosts.map(async (host) => {
        const disk = join(diskFolder(lab), host.name);
        await unmountUnder(disk);
        rmSync(disk, { recursive: true, force: true, maxRetries: 5 });
        await ensureDisk(lab, host, publicKey);
        await ensureBooted(lab, host);
      }),
    );
    writeInventory(lab, hosts);
    await Promise.all(hosts.map((host) => awaitHost(lab, host)));
    return hosts;
  });
}
