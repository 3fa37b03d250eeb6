/** Boots a host and waits until it can be logged in on. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../base/error.ts';
import { hasBanner } from './banner.ts';
import { startKeeper } from './keeper.ts';
import { type Driver, type Lab, type LabHost, logOf } from './lab.ts';
import { endProcesses, labProcesses } from './process.ts';

/** Time for a boot, in ms; a kernel in user mode has a tenth of the machine's speed, or less when it is busy. */
export function bootLimitMs(driver: Driver): number {
  return driver === 'uml' ? 180_000 : 60_000;
}

/** Starts the host unless its keeper and its container are there already. */
export async function ensureBooted(lab: Lab, host: LabHost): Promise<boolean> {
  const found = labProcesses(lab, host.machine);
  if (found.some((one) => one.kind === 'keeper')) return false;
  // A container without its keeper could not reboot: it is ended and begun again.
  if (found.length > 0) await endProcesses(() => labProcesses(lab, host.machine));
  startKeeper(lab, host);
  return true;
}

/** Returns when sshd answers; throws `failed` with the end of the console when the host falls over or takes too long. */
export async function awaitHost(lab: Lab, host: LabHost): Promise<void> {
  const started = Date.now();
  const limitMs = bootLimitMs(lab.driver);
  while (!(await hasBanner(host.address, 500))) {
    const waited = Date.now() - started;
    const alive = waited < 2000 || labProcesses(lab, host.machine).length > 0;
    if (alive && waited < limitMs) {
      await sleep(50);
      continue;
    }
    const what = alive ? `does not answer on port 22 after ${limitMs / 1000} s` : 'ended while it booted';
    throw new RunError('failed', `lab: ${host.name} (${host.address}) ${what}`, {
      output: consoleEnd(logOf(lab, host)),
      hint: `read ${logOf(lab, host)}, then type \`run lab up\` again`,
    });
  }
}

function consoleEnd(file: string): string {
  if (!existsSync(file)) return '';
  const text = readFileSync(file, 'utf8').replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '');
  return text.trimEnd().split('\n').slice(-15).join('\n');
}
