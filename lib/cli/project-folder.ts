/** The project that a command line is about, before its runbook and inventory are looked for. */
import { dirname, resolve } from 'node:path';
import { RunError } from '../base/error.ts';
import { isFile, isFolder } from '../load/source/read.ts';
import { findRoot } from '../load/source/root.ts';
import type { Args } from './args.ts';

/** As the loader finds it: --project, else above a runbook or inventory given by path, else above the current folder. */
export function projectRoot(args: Args, cwd: string): string | undefined {
  const project = args.value('project');
  if (project !== undefined) return resolve(cwd, project);
  const [word = ''] = args.positionals;
  const path = resolve(cwd, word);
  if (/[/.]/.test(word) && isFile(path)) return findRoot(dirname(path)) ?? dirname(path);
  if (word.includes('/') && isFolder(path)) return findRoot(path) ?? findRoot(cwd);
  return findRoot(cwd);
}

/** The project of a verb that is about nothing else. Throws RunError `invalid` where there is none. */
export function projectHere(args: Args): string {
  const project = args.value('project');
  const root = project === undefined ? findRoot(process.cwd()) : resolve(project);
  if (root !== undefined && isFolder(root)) return root;
  const message =
    project === undefined ? 'there is no project here or above' : `--project ${project}: no such folder`;
  throw new RunError('invalid', message, { hint: 'run init begins one' });
}
