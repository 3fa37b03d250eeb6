/** Asks for a key's passphrase, or what a server wants to know, where there is somebody to ask. */
import { RunError } from '../base/error.ts';
import { Secret } from '../base/secret.ts';

export async function askPassphrase(file: string, attempt: number): Promise<Secret | undefined> {
  const again = attempt > 1 ? 'that was not it; ' : '';
  return ask(`passphrase of ${file}`, `${again}passphrase of ${file}: `);
}

export async function askAnswer(host: string, question: string): Promise<Secret | undefined> {
  return ask(`answer to ${host}`, `${host} asks: ${question} `);
}

async function ask(name: string, question: string): Promise<Secret | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const { askPassword } = await import('./prompt.ts');
  try {
    return new Secret(name, await askPassword(question));
  } catch (error) {
    // The prompt has taken Ctrl-C for itself; it is meant for the whole run, and now: the run ends in a moment.
    if (error instanceof RunError && error.code === 'interrupted') process.emit('SIGINT', 'SIGINT');
    throw error;
  }
}
