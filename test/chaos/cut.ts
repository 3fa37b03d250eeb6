/** The five ways in which a run is cut. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { must } from '../../lib/lab/exec.ts';
import { inside } from '../../lib/lab/inside.ts';
import type { Lab, LabHost } from '../../lib/lab/lab.ts';
import { labReboot } from '../../lib/lab/reboot.ts';
import type { CutKind } from './plan.ts';

const LINK_DOWN_MS = 5000;
/** Connections are reset as soon as something is sent on them, a sign of life at the latest; and for so long after it. */
const RESET_MS = 400;
const RESET_LIMIT_MS = 6000;

export interface CutPlace {
  readonly lab: Lab;
  readonly host: LabHost;
  readonly child: ChildProcess;
  /** Called at the moment in which the cause begins to tell. */
  readonly struck: () => void;
}

/** Returns when the cause is over: the link is up again, the host has booted. */
export async function cutRun(kind: CutKind, { lab, host, child, struck }: CutPlace): Promise<void> {
  if (kind !== 'reset') struck();
  switch (kind) {
    case 'controller':
      child.kill('SIGKILL');
      return;
    case 'reboot':
      await labReboot({ root: lab.root, host: host.name, log: () => undefined });
      return;
    case 'sshd':
      // Listener and sessions; systemd starts the listener again.
      await inside(
        lab,
        host,
        'pkill -KILL -x sshd; sleep 0.3; systemctl reset-failed ssh.service; systemctl start ssh.service',
      );
      return;
    case 'link':
      await must('ip', ['-n', lab.id, 'link', 'set', 'dev', `v-${host.name}`, 'down']);
      await sleep(LINK_DOWN_MS);
      await must('ip', ['-n', lab.id, 'link', 'set', 'dev', `v-${host.name}`, 'up']);
      return;
    case 'reset': {
      const table = `${lab.id}_reset`;
      const reset = 'counter reject with tcp reset';
      await must(
        'nft',
        ['-f', '-'],
        `table ip ${table} {
chain out { type filter hook output priority -10; ip daddr ${host.address} tcp dport 22 ${reset}; }
chain in { type filter hook input priority -10; ip saddr ${host.address} tcp sport 22 ${reset}; }
}`,
      );
      try {
        const until = performance.now() + RESET_LIMIT_MS;
        while (
          performance.now() < until &&
          !/packets [1-9]/.test(await must('nft', ['list', 'table', 'ip', table]))
        )
          await sleep(50);
        struck();
        await sleep(RESET_MS);
      } finally {
        await must('nft', ['delete', 'table', 'ip', table]);
      }
    }
  }
}
