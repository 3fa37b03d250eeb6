/** A command of this machine whose standard streams lead to a host, as ProxyCommand in ssh_config has it. */
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';

const SAID_KEPT = 2000;

/** Its failure shows as the stream's error, with what it said. */
export function commandStream(command: string, env: Readonly<Record<string, string | undefined>>): Duplex {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...env },
    // Ctrl-C at the terminal reaches us alone, and we end it with the stream.
    detached: true,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-SAID_KEPT);
  });
  child.stdin.on('error', () => undefined);
  const stream = new Duplex({
    // As with a socket, the far end's goodbye is the end.
    allowHalfOpen: false,
    read: () => void child.stdout.resume(),
    // A command that takes nothing any more is about to end, and says more then.
    write: (chunk, _encoding, done) => void child.stdin.write(chunk, () => done()),
    final: (done) => void child.stdin.end(() => done()),
    destroy(error, done) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      done(error);
    },
  });
  child.stdout.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.on('error', (error) => stream.destroy(error));
  child.on('close', (rc) => {
    if (stream.destroyed) return;
    const why = said.trim().split('\n').pop() || 'it said nothing';
    if (rc === 0) stream.push(null);
    else stream.destroy(new Error(`ProxyCommand ended with status ${rc ?? 'unknown'}: ${why}`));
  });
  return stream;
}
