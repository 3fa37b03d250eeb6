/** Places to run in: pairs of lab hosts side by side, each with a project of its own. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSlot } from '../../lib/cli/prove/slot.ts';
import { VERBS } from '../../lib/cli/verbs.ts';
import { PACKAGES } from './project.ts';
import type { Arena } from './trial.ts';

const source = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** `folder`: for its lab and its project. Close it by taking its slot down. */
export async function openArena(folder: string, cli: string): Promise<Arena> {
  mkdirSync(folder, { recursive: true });
  const log = (line: string): void => console.error(line);
  const slot = await openSlot({ root: folder, hosts: ['roz', 'wro'], packages: PACKAGES, log });
  const resumes = VERBS.some(({ name }) => name === 'resume');
  const evidence = join(dirname(folder), 'kept');
  return { slot, evidence, project: join(folder, 'project'), source, cli, resumes };
}

/** Nothing of it stays on this machine but the folder. */
export async function closeArena({ slot }: Arena): Promise<void> {
  await slot.down();
}
