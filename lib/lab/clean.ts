/** `run lab clean`: removes the cache with its base systems; labs whose project is gone are swept away first. */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { listClaims, listDisks } from './claim.ts';
import { sweepLab } from './down.ts';
import { DEFAULT_CACHE, type LabOptions } from './lab.ts';
import { unmountUnder } from './mount.ts';
import { requireRoot } from './requirement.ts';

/** True when there was a cache. Throws `refused` while a lab of some project uses it, naming the project. */
export async function labClean(options: Omit<LabOptions, 'root'>): Promise<boolean> {
  const { log, cacheDir = DEFAULT_CACHE } = options;
  await requireRoot('run lab clean');
  const labs = new Map([...listDisks(cacheDir), ...listClaims()].map((lab) => [lab.id, lab]));
  for (const lab of labs.values()) {
    if (lab.cacheDir !== cacheDir) continue;
    if (existsSync(lab.root)) {
      throw new RunError('refused', `lab: the lab of ${lab.root} uses ${cacheDir}`, {
        hint: `type \`run lab down\` in ${lab.root} first`,
      });
    }
    log(`taking down the lab of ${lab.root}, which is gone`);
    await sweepLab(lab, log);
  }
  if (!existsSync(cacheDir)) return false;
  // Only what is ours: the folder may have been given by hand and hold other things.
  for (const name of readdirSync(cacheDir).filter((one) => one.startsWith('base') || one === 'labs')) {
    await unmountUnder(join(cacheDir, name));
    rmSync(join(cacheDir, name), { recursive: true, force: true });
  }
  if (readdirSync(cacheDir).length === 0) rmdirSync(cacheDir);
  return true;
}
