/** A defect, ours or of a module of the project, ends the program: what it says of itself holds no secret. */
import { inspect } from 'node:util';
import type { Secret } from '../base/secret.ts';
import { createTextMask } from '../base/text-mask.ts';

/** From now on; errors that nobody catches are told on stderr without these, and the exit code is 2. */
export function maskCrashes(secrets: readonly (Secret | undefined)[]): void {
  const known = secrets.filter((secret) => secret !== undefined);
  if (known.length === 0) return;
  process.prependListener('uncaughtException', (error) => {
    // What inspect cuts could be a half of a secret, which is not found.
    const text = inspect(error, { depth: 8, maxStringLength: null, breakLength: Number.POSITIVE_INFINITY });
    process.stderr.write(`${createTextMask(known)(text)}\n`);
    process.exit(2);
  });
}
