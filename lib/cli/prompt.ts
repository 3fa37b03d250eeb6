/** Asks for a password on the terminal, without showing it. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { RunError } from '../base/error.ts';

export async function askPassword(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new RunError('invalid', 'a password is to be asked for, but this is no terminal', {
      hint: 'use --become-password-file or RUN_BECOME_PASSWORD',
    });
  }
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      reader.once('line', resolve);
      reader.once('SIGINT', () => reject(new RunError('interrupted', 'interrupted: nothing was touched')));
      reader.once('close', () => reject(new RunError('invalid', 'no password was given')));
    });
  } finally {
    reader.close();
    process.stderr.write('\n');
  }
}
