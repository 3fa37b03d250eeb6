/** `run lab up`: real Debian hosts on this machine, and an inventory of them. Once or twice, it comes to the same. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { ensureBase } from './base.ts';
import { awaitHost, ensureBooted } from './boot.ts';
import { CLAIMS, claimLab, findLab } from './claim.ts';
import { ensureDisk } from './disk.ts';
import { ensureInstances } from './inotify.ts';
import { ensureKey, writeInventory } from './inventory.ts';
import { ensureModules } from './kernel-module.ts';
import {
  DEFAULT_CACHE,
  type Driver,
  diskFolder,
  hostNames,
  inventoryFolder,
  type Lab,
  type LabHost,
  type LabOptions,
  runFolder,
} from './lab.ts';
import { withLock } from './lock.ts';
import { ensureNetwork, resolverText } from './network.ts';
import { ensurePreparedBase } from './prepared-base.ts';
import { endProcesses, labProcesses } from './process.ts';
import { requireRoot, requireTools } from './requirement.ts';
import { addHosts, readState } from './state.ts';
import { giveToOwner } from './write.ts';

export interface UpOptions extends LabOptions {
  /** How many, or their names; hosts that the lab has already stay. Default: those it has, else two. */
  readonly hosts?: number | readonly string[];
  /** Default: the one that the lab has, else containers. */
  readonly driver?: Driver;
  /** Debian packages that hosts of a new lab have from the start, beside those of a minimal system. */
  readonly packages?: readonly string[];
  /** Print the command that installs what is missing instead of running it. */
  readonly noInstall?: boolean;
}

export interface UpResult {
  readonly hosts: readonly LabHost[];
  readonly driver: Driver;
  /** Names of the hosts that were not running before. */
  readonly booted: readonly string[];
  /** Folder to hand to `run <runbook>`. */
  readonly inventory: string;
}

/** Throws `invalid` where no lab can be made (with the one command that mends it), `failed` where a host falls over. */
export async function labUp(options: UpOptions): Promise<UpResult> {
  const { root, log, cacheDir = DEFAULT_CACHE } = options;
  const kept = readState(root)?.hosts.length ?? 0;
  const names = hostNames(options.hosts ?? (kept > 0 ? kept : 2));
  await requireRoot('run lab up');
  const driver = chooseDriver(root, cacheDir, options.driver);
  await requireTools(driver, options.noInstall ?? false, log);
  const bare = await ensureBase(cacheDir, log);
  const base = await ensurePreparedBase(bare, options.packages ?? [], log);
  if (driver === 'uml') await ensureModules(cacheDir, log);
  return await withLock(join(runFolder(root), 'lock'), log, async () => {
    const lab = await claimLab(root, cacheDir, driver, log);
    const asked = options.hosts === undefined && kept > 0 ? [] : names;
    const { hosts } = addHosts(lab, asked);
    pinBase(lab, base);
    await withLock(join(CLAIMS, 'lock'), log, async () => ensureInstances(lab, hosts.length));
    if (resolverText() === '')
      log('no name server of this machine can be reached by hosts: apt will not work there');
    const isRewired = await ensureNetwork(lab);
    if (isRewired) await endProcesses(() => labProcesses(lab));
    const publicKey = await ensureKey(lab.root);
    const booted = await Promise.all(hosts.map((host) => bootOne(lab, host, publicKey)));
    writeInventory(lab, hosts);
    giveToOwner(lab.root, inventoryFolder(lab.root));
    giveToOwner(lab.root, runFolder(lab.root));
    const fresh = hosts.filter((_, index) => booted[index]).map((host) => host.name);
    if (fresh.length > 0) log(`booting ${fresh.join(', ')}`);
    await Promise.all(hosts.map((host) => awaitHost(lab, host)));
    return { hosts, driver, booted: fresh, inventory: inventoryFolder(lab.root) };
  });
}

/** A lab keeps the driver that it began with: a disk of one cannot be booted by the other. */
function chooseDriver(root: string, cacheDir: string, asked: Driver | undefined): Driver {
  const had = findLab(root, cacheDir)?.driver;
  if (had === undefined || asked === undefined || asked === had) return had ?? asked ?? 'container';
  throw new RunError('refused', `lab: the lab here has the driver ${had}, not ${asked}`, {
    hint: `type \`run lab down\` first, or make the other lab in a project of its own: --project FOLDER`,
  });
}

async function bootOne(lab: Lab, host: LabHost, publicKey: string): Promise<boolean> {
  await ensureDisk(lab, host, publicKey);
  return await ensureBooted(lab, host);
}

/** A disk is a difference to one base: a lab stays with the one it began on while that exists. */
function pinBase(lab: Lab, base: string): void {
  const file = join(diskFolder(lab), 'base');
  if (!existsSync(file) || !existsSync(readFileSync(file, 'utf8'))) writeFileSync(file, base);
}
