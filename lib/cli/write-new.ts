/** Writes files that are not there yet. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunError } from '../base/error.ts';

/** False, and nothing is done, where something of that name is there. Throws RunError where it cannot be written. */
export function writeNew(root: string, name: string, text: string): boolean {
  const path = join(root, name);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && dirname(path) !== path && isTaken(error, path)) return false;
    throw new RunError('invalid', `${path} cannot be written: ${String(error)}`, {
      hint: 'see who owns the folder, and whether a file stands where a folder is needed',
    });
  }
}

/** mkdir says EEXIST, too, where a file stands in the way of the folder. */
function isTaken(error: unknown, path: string): boolean {
  return (error as NodeJS.ErrnoException).path === path;
}
