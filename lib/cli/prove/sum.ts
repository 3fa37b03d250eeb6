/** A checksum of everything that is tried: when it is another, what was tried before says nothing any more. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { engineSum } from '../engine-sum.ts';

/** Folders and files of a project that its runs are made of. */
const PARTS = ['runbooks', 'tasks', 'files', 'templates', 'run.yaml'];

/** Of the project's files, more places, the flags that matter, and this program. */
export function filesSum(
  root: string,
  more: readonly string[],
  flags: readonly (readonly string[])[],
): string {
  const hash = createHash('sha256').update(engineSum().sum);
  for (const place of [...PARTS.map((name) => join(root, name)), ...more]) {
    for (const file of filesBelow(place)) hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.update(JSON.stringify(flags)).digest('hex');
}

function filesBelow(place: string): readonly string[] {
  if (!existsSync(place)) return [];
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
