/** Runs a script inside a host without logging in: what sshd, firewalls and accounts of the host have no say in. */
import { RunError } from '../base/error.ts';
import { type ExecResult, exec } from './exec.ts';
import type { Lab, LabHost } from './lab.ts';
import { initOf, labProcesses } from './process.ts';

const ENV = [
  '-i',
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'LC_ALL=C',
  'HOME=/root',
];

/** The first process of the host, as this machine sees it; undefined while it is down. */
export function hostInit(lab: Lab, host: LabHost): number | undefined {
  const supervisor = labProcesses(lab, host.machine).find(({ kind }) => kind === 'machine')?.pid;
  return supervisor === undefined ? undefined : initOf(supervisor);
}

/** As root of a container, in all its namespaces and its control group. Throws `failed` when the host is down. */
export async function inside(lab: Lab, host: LabHost, script: string): Promise<ExecResult> {
  const init = hostInit(lab, host);
  if (init === undefined)
    throw new RunError('failed', `lab: ${host.name} is down`, { hint: 'type: run lab up' });
  const into = ['--target', String(init), '--mount', '--uts', '--ipc', '--net', '--pid', '--root', '--wd'];
  return await exec('nsenter', [...into, 'env', ...ENV, 'sh', '-c', script]);
}
