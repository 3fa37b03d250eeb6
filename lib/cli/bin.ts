#!/usr/bin/env node
/** Entry of the command: runs main and ends with its exit code once everything is written. */
import { main } from './main.ts';

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
    // Nothing of ours is left to do; a socket that lingers in its close must not hold the user up.
    if (process.stdout.writableLength === 0) process.exit(code);
    process.stdout.once('drain', () => process.exit(code));
  },
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
