/** What is mounted below a folder, and how to be sure that nothing is before the folder is removed. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { exec, must } from './exec.ts';

/** Folders at or below `folder` on which something is mounted, innermost first. */
export function mountsUnder(folder: string): readonly string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll('\\040', ' '))
    .filter((place) => place === folder || place.startsWith(`${folder}/`))
    .reverse();
}

/** Unmounts all of it. What is still busy after a second (a shell that stands in it) is detached. */
export async function unmountUnder(folder: string): Promise<void> {
  for (const place of mountsUnder(folder)) {
    let done = false;
    for (let tries = 0; tries < 20 && !done; tries += 1) {
      done = (await exec('umount', [place])).rc === 0;
      if (!done) await sleep(50);
    }
    if (!done) await must('umount', ['--lazy', place]);
  }
}
