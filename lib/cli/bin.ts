#!/usr/bin/env node
/** Entry of the command: runs main and ends with its exit code once everything is written. */
import { main } from './main.ts';

/** Nobody reads on (`run … | head`), or the disk is full: hosts are not left half done for that. */
function survive(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || stream === process.stderr) return;
    process.stderr.write(`stdout cannot be written: ${error.message}\n`);
  });
}

survive(process.stdout);
survive(process.stderr);

// A module of the project (an inventory, a task) may call process.exit, or wait for ever: 0 would say that all is well.
function refuseEarlyEnd(code: number): void {
  const why = 'a module of the project calls process.exit, or waits for what never comes';
  process.stderr.write(`ended before the work was done: ${why}\n`);
  if (code === 0 || code === 13) process.exitCode = 1;
}

process.on('exit', refuseEarlyEnd);

main(process.argv.slice(2)).then(
  (code) => {
    process.off('exit', refuseEarlyEnd);
    process.exitCode = code;
    // Nothing of ours is left to do; a socket that lingers in its close must not hold the user up.
    if (process.stdout.writableLength === 0 || process.stdout.destroyed) process.exit(code);
    process.stdout.once('drain', () => process.exit(code));
    process.stdout.once('close', () => process.exit(code));
  },
  (error: unknown) => {
    process.off('exit', refuseEarlyEnd);
    // Whoever knows of secrets by now tells it without them.
    if (process.listenerCount('uncaughtException') > 0) {
      (process as NodeJS.EventEmitter).emit('uncaughtException', error);
      return;
    }
    console.error(error);
    process.exit(2);
  },
);
