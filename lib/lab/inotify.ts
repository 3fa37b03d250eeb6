/** Inotify instances: each container's systemd takes several, and all containers have the same root as this machine. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { CLAIMS, listClaims } from './claim.ts';
import type { Lab } from './lab.ts';
import { readState } from './state.ts';

const SETTING = '/proc/sys/fs/inotify/max_user_instances';
/** What was there before, and what we made of it. */
const KEPT = join(CLAIMS, 'inotify');

/** Measured: with the usual 128 the path units of the 16th container fail. Some to spare for what is installed there. */
const PER_HOST = 12;
/** For this machine itself, and its desktop. */
const OWN = 64;

/** The setting that so many containers need, where it is `now`: never less than that. */
export function instancesFor(hosts: number, now: number): number {
  return Math.max(now, OWN + PER_HOST * hosts);
}

/** Raises the setting for as long as there are labs. `hosts`: of this lab. Call it under the lock of the claims. */
export function ensureInstances(lab: Lab, hosts: number): void {
  if (lab.driver !== 'container') return;
  const others = listClaims().filter((each) => each.driver === 'container' && each.root !== lab.root);
  const all = others.reduce((sum, each) => sum + (readState(each.root)?.hosts.length ?? 0), hosts);
  const now = Number(readFileSync(SETTING, 'utf8'));
  const wanted = instancesFor(all, now);
  if (wanted === now) return;
  const [before = now] = kept();
  try {
    writeFileSync(SETTING, String(wanted));
  } catch {
    throw new RunError(
      'failed',
      `lab: ${all} containers need ${wanted} inotify instances, and this machine allows ${now}`,
      {
        hint: `type: sysctl -w fs.inotify.max_user_instances=${wanted}`,
      },
    );
  }
  writeFileSync(KEPT, `${before} ${wanted}`);
}

/** When the last lab goes. What somebody else has set meanwhile stays. */
export function restoreInstances(): void {
  const [before, made] = kept();
  if (before === undefined) return;
  if (Number(readFileSync(SETTING, 'utf8')) === made) writeFileSync(SETTING, String(before));
  rmSync(KEPT);
}

function kept(): readonly number[] {
  return existsSync(KEPT) ? readFileSync(KEPT, 'utf8').split(' ').map(Number) : [];
}
