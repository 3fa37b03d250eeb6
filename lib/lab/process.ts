/** Finds and ends the processes of a lab by what the kernel knows of them, so that no pid file can lie. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec } from './exec.ts';
import { KEEPER } from './keeper.ts';
import { diskFolder, type Lab } from './lab.ts';

// USER_HZ, the unit of start times in /proc: 100 on every architecture that Debian has.
const TICKS_PER_SECOND = 100;

/** Programs that supervise a machine, and the option that names it. `ip` is about to become `unshare`. */
const SUPERVISORS = [
  ['systemd-nspawn', '--machine='],
  ['unshare', 'umid='],
  ['ip', 'umid='],
] as const;

export interface LabProcess {
  readonly pid: number;
  readonly machine: string;
  /** keeper: our script. machine: the supervisor of a container or of a kernel, systemd-nspawn or unshare. */
  readonly kind: 'keeper' | 'machine';
}

/** All processes of the lab, of one machine when it is named. */
export function labProcesses(lab: Lab, machine?: string): readonly LabProcess[] {
  const script = `${diskFolder(lab)}/${KEEPER}`;
  const found: LabProcess[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const [program = '', first = '', ...rest] = commandLine(Number(entry));
    const pid = Number(entry);
    if (first === script) found.push({ pid, machine: rest[0] ?? '', kind: 'keeper' });
    const name = machineOf(program, rest);
    if (name?.startsWith(`${lab.id}-`)) found.push({ pid, machine: name, kind: 'machine' });
  }
  // The keeper's fork that is about to become the supervisor looks like a keeper for a moment: both are ended alike.
  return found.filter((one) => machine === undefined || one.machine === machine);
}

/** Which machine a program supervises, by the words it was started with. */
function machineOf(program: string, words: readonly string[]): string | undefined {
  const option = SUPERVISORS.find(([name]) => program === name || program.endsWith(`/${name}`))?.[1];
  if (option === undefined) return undefined;
  return words.find((word) => word.startsWith(option))?.slice(option.length);
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** The first process under a supervisor, as this machine sees it; undefined before it is there. */
export function initOf(supervisor: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${supervisor}/task/${supervisor}/children`, 'utf8');
    const first = children.trim().split(' ')[0];
    return first ? Number(first) : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds since the process began; undefined when it is gone. */
export function ageOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const start = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    const up = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
    return Math.max(0, up - start / TICKS_PER_SECOND);
  } catch {
    return undefined;
  }
}

/**
 * Ends processes of the lab and returns when none is left. Keepers are asked, so that they clear up. A container without
 * a keeper ends with its first process: its supervisor then lets go of the tree, which a killed one does not at once.
 * What is left after that is killed.
 */
export async function endProcesses(list: () => readonly LabProcess[]): Promise<void> {
  const of = (kind: LabProcess['kind']) => list().filter((one) => one.kind === kind);
  for (const one of of('keeper')) await signal(one.pid, 'TERM');
  if (!(await gone(() => of('keeper'), 5000))) for (const one of of('keeper')) await signal(one.pid, 'KILL');
  for (const one of of('machine')) await signal(initOf(one.pid) ?? one.pid, 'KILL');
  if (await gone(list, 3000)) return;
  for (const one of list()) await signal(one.pid, 'KILL');
  await gone(list, 5000);
}

async function gone(list: () => readonly LabProcess[], limitMs: number): Promise<boolean> {
  for (const until = Date.now() + limitMs; Date.now() < until; await sleep(30)) {
    if (list().length === 0) return true;
  }
  return false;
}

/** Sends a signal (`KILL`, `INT`); a process that is gone already is what was wanted. */
export async function signal(pid: number, name: 'TERM' | 'KILL' | 'INT'): Promise<void> {
  // A shell builtin: the program of that name is a package that may be missing.
  await exec('sh', ['-c', 'kill -s "$1" "$2"', 'sh', name, String(pid)]);
}
