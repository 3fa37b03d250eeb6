/** Masks in the log of a job of GitHub Actions: its runner puts `***` in place of our secrets, whoever prints them. */
import type { Secret } from '../base/secret.ts';
import { maskCommands } from '../render/github.ts';
import type { Args } from './args.ts';

/**
 * To be called before anything else is told. Only the runner takes these lines out of the log again, so that they are
 * written nowhere but where it reads: in a job, for its own format.
 */
export function maskOnGithub(args: Args, secrets: readonly (Secret | undefined)[]): void {
  const { env, stdout } = process;
  if (args.value('format') !== 'github' || env.GITHUB_ACTIONS !== 'true') return;
  const values = secrets.flatMap((secret) => (secret ? [secret.reveal()] : []));
  const commands = maskCommands(values);
  if (commands !== '') stdout.write(commands);
}
