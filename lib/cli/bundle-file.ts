/** The file that a bundle is written to. */
import { accessSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { RunError } from '../base/error.ts';
import type { Bundle } from '../model/bundle.ts';

/** Gives the size in bytes. */
export type WriteBundle = (bundle: Bundle) => number;

/** Throws RunError `invalid`, before anything connects, where no file can be made. */
export function bundleFile(path: string): WriteBundle {
  const target = resolve(path);
  try {
    accessSync(dirname(target), constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
  return (bundle) => {
    const text = `${JSON.stringify(bundle, undefined, 1)}\n`;
    const beside = `${target}.${process.pid}.new`;
    try {
      // Readable by its owner alone: it holds what hosts hold. Never half a bundle under its name.
      writeFileSync(beside, text, { mode: 0o600, flag: 'wx' });
      renameSync(beside, target);
    } catch (error) {
      rmSync(beside, { force: true });
      throw unwritable(path, error);
    }
    return Buffer.byteLength(text);
  };
}

function unwritable(path: string, error: unknown): RunError {
  const why = (error as NodeJS.ErrnoException).code ?? String(error);
  return new RunError('invalid', `the bundle ${path} cannot be written: ${why}`, {
    hint: 'name a file in a folder that is there',
  });
}
