/** Asks for a key's passphrase where there is somebody to ask; else the key is passed over. */
import { RunError } from '../base/error.ts';
import { Secret } from '../base/secret.ts';

export async function askPassphrase(file: string, attempt: number): Promise<Secret | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const { askPassword } = await import('./prompt.ts');
  const again = attempt > 1 ? 'that was not it; ' : '';
  try {
    return new Secret(`passphrase of ${file}`, await askPassword(`${again}passphrase of ${file}: `));
  } catch (error) {
    // The prompt has taken Ctrl-C for itself; it is meant for the whole run, and now: the run ends in a moment.
    if (error instanceof RunError && error.code === 'interrupted') process.emit('SIGINT', 'SIGINT');
    throw error;
  }
}
