/** `run lab status`: what each host of the lab is doing. */
import { hasBanner } from './banner.ts';
import { bootLimitMs } from './boot.ts';
import type { Driver } from './lab.ts';
import { ageOf, initOf, labProcesses } from './process.ts';
import { readState } from './state.ts';

export interface HostStatus {
  readonly name: string;
  readonly address: string;
  readonly driver: Driver;
  /** booting: its machine is there and sshd does not answer yet. gone: no machine; `up` boots it again. */
  readonly state: 'running' | 'booting' | 'gone';
  /** Whether sshd answers now. */
  readonly ssh: boolean;
  /** Seconds since its boot; undefined when it is gone. */
  readonly uptimeSeconds?: number;
}

/** One row per host, in the inventory's order; none when there is no lab. Needs no root and changes nothing. */
export async function labStatus(root: string): Promise<readonly HostStatus[]> {
  const state = readState(root);
  if (!state) return [];
  const { driver } = state.lab;
  return await Promise.all(
    state.hosts.map(async ({ name, address, machine }): Promise<HostStatus> => {
      const found = labProcesses(state.lab, machine);
      if (found.length === 0) return { name, address, driver, state: 'gone', ssh: false };
      const supervisor = found.find((one) => one.kind === 'machine');
      const init = supervisor && initOf(supervisor.pid);
      const uptimeSeconds = init === undefined ? 0 : (ageOf(init) ?? 0);
      const ssh = await hasBanner(address, 300);
      // One that has been up longer and is silent is not booting any more: somebody stopped its sshd.
      const running = ssh || uptimeSeconds * 1000 > bootLimitMs(driver);
      return { name, address, driver, state: running ? 'running' : 'booting', ssh, uptimeSeconds };
    }),
  );
}
