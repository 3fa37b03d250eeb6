/** How runs stand: whether they are over, and which of their hosts have work left. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Writer } from './line.ts';
import type { RunRecord } from './read.ts';

/** A process of this machine, as it signs. */
export function writerOf(pid: number): Writer {
  return { machine: hostname(), pid, started: startOf(pid) ?? '' };
}

/** When a process of this machine started, in ticks since the boot; undefined: there is none, or nobody can tell. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** The process that is at work on the run; undefined: none, as far as can be told from here. */
export function atWork({ head, resumed, recap }: RunRecord): Writer | undefined {
  if (recap) return undefined;
  const writer = resumed.at(-1)?.writer ?? head.writer;
  return livesHere(writer) ? writer : undefined;
}

/** Whether it is a process of this machine, and still there. */
export function livesHere({ machine, pid, started }: Writer): boolean {
  return machine === hostname() && started !== '' && startOf(pid) === started;
}

/** Hosts that failed, were not reached, or were not begun or not brought to their end. */
export function unfinishedHosts({ head, hosts }: RunRecord): readonly string[] {
  return head.hosts.filter((host) => hosts.get(host)?.unfinished !== false);
}

/** Hosts on which it changed something. */
export function changedHosts({ events }: RunRecord): ReadonlySet<string> {
  return new Set(
    events.flatMap(({ event }) => (event.kind === 'change' && !event.dryRun ? [event.host] : [])),
  );
}

/** The word that goes with its end; `running` or `killed` where there was none. */
export function resultOf(record: RunRecord): string {
  return record.recap?.result ?? (atWork(record) ? 'running' : 'killed');
}
