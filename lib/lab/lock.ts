/** A lock between processes: a file that names its holder, taken over when the holder is dead. */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RunError } from '../base/error.ts';

const LIMIT_MS = 600_000;

/** Runs `body` while holding the lock; waits up to ten minutes for another holder and says so after a second. */
export async function withLock<T>(
  path: string,
  log: (line: string) => void,
  body: () => Promise<T>,
): Promise<T> {
  const started = Date.now();
  let said = false;
  while (!take(path)) {
    const waited = Date.now() - started;
    if (waited > LIMIT_MS) {
      throw new RunError('failed', `lab: process ${holder(path)} has held ${path} for ten minutes`, {
        hint: 'end that process, then type the command again',
      });
    }
    if (waited > 1000 && !said) log(`waiting for process ${holder(path)}, which is at work on the lab`);
    said ||= waited > 1000;
    await sleep(100);
  }
  try {
    return await body();
  } finally {
    unlinkSync(path);
  }
}

/** The kernel's name for this very process: pid and start time, so that a pid used again is not mistaken. */
function self(): string {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return `${stat.slice(0, stat.indexOf(' '))} ${startOf(stat)}`;
}

function startOf(stat: string): string {
  // The name in parentheses may hold spaces: fields are counted behind it. Field 22 is the start time.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function take(path: string): boolean {
  // Each time: whoever releases the last lock of a folder may remove it.
  mkdirSync(dirname(path), { recursive: true });
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, self());
    closeSync(file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'EEXIST') throw error;
  }
  if (!isDead(path)) return false;
  // Renaming is atomic: of two that find the same dead holder, one moves the file away, the other looks again.
  const aside = `${path}.${self().replace(' ', '.')}`;
  try {
    renameSync(path, aside);
    unlinkSync(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return false;
}

function holder(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(' ')[0] ?? '?';
  } catch {
    return '?';
  }
}

function isDead(path: string): boolean {
  try {
    const [pid = '', start] = readFileSync(path, 'utf8').split(' ');
    // Empty: made this instant and not yet written.
    if (pid === '') return false;
    try {
      return startOf(readFileSync(`/proc/${pid}/stat`, 'utf8')) !== start;
    } catch {
      return true;
    }
  } catch {
    return false;
  }
}
