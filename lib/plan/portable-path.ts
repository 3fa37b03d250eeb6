/** Paths of a plan mean the same on another machine: below the root as they stand there, below home with `~/`, else absolute. */
import { isAbsolute, join, relative, resolve, sep } from 'node:path';

export interface Ground {
  /** The project's root, absolute. */
  readonly root: string;
  readonly home: string;
}

/** Of an absolute path. */
export function portable(path: string, { root, home }: Ground): string {
  const inRoot = below(path, root);
  if (inRoot !== undefined) return inRoot === '' ? '.' : inRoot.startsWith('~') ? `./${inRoot}` : inRoot;
  const inHome = below(path, home);
  return inHome === undefined ? path : `~/${inHome}`;
}

/** The absolute path here. */
export function placed(path: string, { root, home }: Ground): string {
  if (path.startsWith('~/')) return join(home, path.slice(2));
  return isAbsolute(path) ? path : resolve(root, path);
}

function below(path: string, folder: string): string | undefined {
  const way = relative(folder, path);
  return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way;
}
