/** Files of the lab as others may read them at any moment: whole or not at all, and owned by whoever owns the project. */
import { lchownSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes beside the file and renames: a reader, or a kill, never meets half of it. */
export function writeWhole(file: string, text: string): void {
  const part = `${file}.part`;
  writeFileSync(part, text);
  renameSync(part, file);
}

/**
 * Gives a folder two below the root, all in it and its parent to the owner of the project: after `sudo run lab up` its
 * key must open the hosts for the user, too. Links are not followed.
 */
export function giveToOwner(root: string, folder: string): void {
  const { uid, gid } = statSync(root);
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  for (const path of [dirname(folder), folder, ...paths]) lchownSync(path, uid, gid);
}
