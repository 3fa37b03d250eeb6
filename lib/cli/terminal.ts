/** The terminal that the live view draws on. */
import type { Terminal } from '../render/live.ts';

/** Undefined where there is none to draw on: output that is piped, a terminal that cannot move its cursor, CI. */
export function openTerminal(): Terminal | undefined {
  const { stdout, stderr, env } = process;
  if (stdout.isTTY !== true || stderr.isTTY !== true || env.TERM === 'dumb' || env.CI) return undefined;
  return {
    write: (text) => {
      stdout.write(text);
    },
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    now: () => performance.now(),
    later: (call, ms) => {
      const timer = setTimeout(call, ms);
      // A frame that is due keeps nobody waiting.
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

/** Whether somebody is there to be asked: a build server may have a terminal, and nobody before it. */
export function canAsk(): boolean {
  const { stdin, stdout, env } = process;
  return stdin.isTTY === true && stdout.isTTY === true && !env.CI;
}

/** The end of the input is a no. */
export async function agreed(question: string): Promise<boolean> {
  const { createInterface } = await import('node:readline');
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  return new Promise<boolean>((resolve) => {
    reader.question(`${question} [y]es, [n]o: `, (line) => resolve(/^y(es)?$/i.test(line.trim())));
    reader.once('SIGINT', () => resolve(false));
    reader.once('close', () => resolve(false));
  }).finally(() => reader.close());
}
