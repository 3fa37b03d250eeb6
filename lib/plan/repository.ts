/** Which commit a project is at, as git says it. */
import { execFile } from 'node:child_process';
import type { Repository } from './plan.ts';

const LIMIT_MS = 10_000;

/** Undefined outside of a repository, where there is no commit yet, and where git is not installed. */
export function repositoryOf(folder: string): Promise<Repository | undefined> {
  const argv = ['-C', folder, '--no-optional-locks', 'status', '--porcelain=v2', '--branch'];
  const options = { timeout: LIMIT_MS, encoding: 'utf8', maxBuffer: 64 << 20 } as const;
  return new Promise((done) => {
    execFile('git', argv, options, (error, text) => {
      const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(error ? '' : text)?.[1];
      done(commit === undefined ? undefined : { commit, dirty: /^[^#\n]/m.test(text) });
    });
  });
}
