/** Where the journals of a project lie, which there are, and how long they are kept. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';

const ID = /^\d{14}-[0-9a-z]{6}$/;
const DAY_MS = 86_400_000;

export function journalPath(root: string, id: string): string {
  return join(root, '.run', id, 'journal.jsonl');
}

/** Ids of all runs, the oldest first: they begin with the time. */
export function runIds(root: string): readonly string[] {
  try {
    return readdirSync(join(root, '.run'))
      .filter((name) => ID.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** Makes the folder of a run, for its owner's eyes only; `.run/` ignores itself in git. Throws as mkdirSync does. */
export function makeFolder(root: string, id: string): void {
  const above = join(root, '.run');
  try {
    mkdirSync(join(above, id), { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(above, { recursive: true, mode: 0o700 });
    writeFileSync(join(above, '.gitignore'), '*\n', { flag: 'a' });
    mkdirSync(join(above, id), { mode: 0o700 });
  }
}

export interface Retention {
  readonly runs: number;
  readonly days: number;
}

/** Takes away what is older than so many days, or has so many younger ones. What cannot be removed stays. */
export function prune(root: string, { runs, days }: Retention, now: number): void {
  const ids = runIds(root);
  const oldest = new Date(now - days * DAY_MS)
    .toISOString()
    .replaceAll(/[^0-9]/g, '')
    .slice(0, 14);
  const old = ids.filter((id, index) => index < ids.length - runs || id < oldest);
  for (const id of old) forget(root, id);
}

/** Takes the journal of one run away. What cannot be removed stays. */
export function forget(root: string, id: string): void {
  try {
    rmSync(join(root, '.run', id), { recursive: true, force: true });
  } catch {
    // Somebody else's: it is looked at again after the next run.
  }
}

/** The run that a word means: its id or the beginning of it, `@last`. Throws RunError `invalid`. */
export function findRun(root: string, word: string): string {
  const ids = runIds(root);
  const last = ids.at(-1);
  if (last === undefined)
    throw new RunError('invalid', 'no run has been written down in this project', {
      hint: 'run <runbook> <inventory> writes one; dry runs write none',
    });
  if (word === '@last') return last;
  // The time is alike for many: what tells runs apart may be typed alone.
  const found = ids.filter((id) => id.startsWith(word) || id.slice(15).startsWith(word));
  const [first, second] = found;
  if (first !== undefined && (second === undefined || found.includes(word)))
    return found.includes(word) ? word : first;
  if (first !== undefined)
    throw new RunError('invalid', `${found.length} runs begin with "${word}"`, {
      hint: `${found.slice(-5).join(', ')}`,
    });
  throw new RunError('invalid', `no run "${word}"`, {
    hint: didYouMean(word, [...ids, ...ids.map((id) => id.slice(15))]) ?? 'run history names them',
  });
}
