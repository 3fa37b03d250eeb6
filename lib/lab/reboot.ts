/** `run lab reboot HOST`: the host shuts down, its network goes, and it boots with a new one. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { awaitHost, ensureBooted } from './boot.ts';
import { tellKernel } from './kernel-console.ts';
import { type Lab, type LabHost, type LabOptions, runFolder } from './lab.ts';
import { withLock } from './lock.ts';
import { endProcesses, initOf, labProcesses, signal } from './process.ts';
import { requireRoot } from './requirement.ts';
import { readState } from './state.ts';

const SHUTDOWN_MS = 60_000;

/** Returns when sshd answers again. A host that is gone is booted; one that does not shut down in a minute is ended. */
export async function labReboot(options: LabOptions & { readonly host: string }): Promise<void> {
  const { root, log, host: name } = options;
  await requireRoot(`run lab reboot ${name}`);
  const state = readState(root);
  if (!state) throw new RunError('invalid', 'lab: there is no lab here', { hint: 'type: run lab up' });
  const host = state.hosts.find((one) => one.name === name);
  if (!host) {
    const hint = didYouMean(
      name,
      state.hosts.map((one) => one.name),
    );
    throw new RunError('invalid', `lab: no host "${name}"`, hint === undefined ? {} : { hint });
  }
  await withLock(join(runFolder(root), 'lock'), log, async () => {
    const before = supervisorOf(state.lab, host);
    const init = before === undefined ? undefined : initOf(before);
    if (init !== undefined) await pressKeys(state.lab, host, init);
    if (before !== undefined && !(await isReplaced(state.lab, host, before))) {
      log(`${name} did not shut down within ${SHUTDOWN_MS / 1000} s and is ended`);
      await endProcesses(() => labProcesses(state.lab, host.machine));
    }
    await ensureBooted(state.lab, host);
    await awaitHost(state.lab, host);
  });
}

/** Ctrl-Alt-Del: systemd stops every unit in order, then reboots. */
async function pressKeys(lab: Lab, host: LabHost, init: number): Promise<void> {
  if (lab.driver === 'uml') await tellKernel(init, host.machine, 'cad');
  else await signal(init, 'INT');
}

function supervisorOf(lab: Lab, host: LabHost): number | undefined {
  return labProcesses(lab, host.machine).find((one) => one.kind === 'machine')?.pid;
}

/** True when another machine has taken the old one's place, or none has because the guest chose to stay down. */
async function isReplaced(lab: Lab, host: LabHost, before: number): Promise<boolean> {
  for (const until = Date.now() + SHUTDOWN_MS; Date.now() < until; await sleep(50)) {
    const found = labProcesses(lab, host.machine);
    if (found.some((one) => one.kind === 'machine' && one.pid !== before) || found.length === 0) return true;
  }
  return false;
}
