/** Runs programs of this machine for the lab: arguments as a list, never through a shell. */
import { spawn } from 'node:child_process';
import { RunError } from '../base/error.ts';

export interface ExecResult {
  readonly rc: number;
  readonly out: string;
  readonly err: string;
}

// `su` without `-` leaves the sbin folders out, and translated messages cannot be searched.
const FIXED_ENV = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C'];

/** Runs a program to its end. A status other than 0 is a result; a program that is not there gives 127. */
export function exec(program: string, args: readonly string[], input = ''): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('/usr/bin/env', [...FIXED_ENV, program, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ rc: code ?? 128, out, err }));
    // A program that never reads its stdin may be gone by now: that is no failure of ours.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Runs a program that has to succeed and gives its stdout. Throws `failed` with the last lines it printed. */
export async function must(program: string, args: readonly string[], input = ''): Promise<string> {
  const { rc, out, err } = await exec(program, args, input);
  if (rc === 0) return out;
  const output = `${out}${err}`.trimEnd().split('\n').slice(-20).join('\n');
  throw new RunError('failed', `lab: \`${[program, ...args].join(' ')}\` ended with ${rc}`, {
    output,
    hint: 'mend what it says, then type `run lab up` again: it goes on where it stopped',
  });
}
