/** The key of --private-key: a mistyped path is told at once, and not as so many hosts that cannot be reached. */
import { existsSync } from 'node:fs';
import { RunError } from '../base/error.ts';

/** Throws RunError `invalid` when neither the file nor its public half (for a key in the agent) is there. */
export function loginKey(path: string | undefined): string | undefined {
  // `~` and `%` stand for something that the session knows.
  if (path === undefined || /^~|[%$]/.test(path) || existsSync(path) || existsSync(`${path}.pub`))
    return path;
  throw new RunError('invalid', `--private-key ${path}: no such file`, {
    hint: 'name the file of a private key; left out, ~/.ssh/config, the agent and the usual files are asked',
  });
}
