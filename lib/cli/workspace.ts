/** Paths as those who read annotations want them: from the root of the repository. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

export interface Whereabouts {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Turns a path as it is told, from the current folder, into one from the root; what lies outside stays as it is. */
export function locator({ cwd, env }: Whereabouts): (file: string) => string {
  const root = env.GITHUB_WORKSPACE || env.CI_PROJECT_DIR || repositoryOf(cwd) || cwd;
  return (file) => {
    const path = relative(root, resolve(cwd, file));
    return path === '' || path.startsWith('..') || isAbsolute(path) ? file : path.split(sep).join('/');
  };
}

function repositoryOf(folder: string): string | undefined {
  if (existsSync(join(folder, '.git'))) return folder;
  const above = dirname(folder);
  return above === folder ? undefined : repositoryOf(above);
}
