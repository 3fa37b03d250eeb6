/** `run completion bash|zsh|fish`: prints what the shell is to read. */
import { RunError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import type { Args } from './args.ts';
import { completionScript, SHELLS } from './completion-script.ts';

export async function completionCommand({ positionals: [word = '', ...more] }: Args): Promise<number> {
  const shell = SHELLS.find((each) => each === word);
  if (shell === undefined || more.length > 0) {
    const hint = (shell === undefined && didYouMean(word, SHELLS)) || 'run completion bash|zsh|fish';
    throw new RunError(
      'invalid',
      shell ? `too many words: ${more.join(' ')}` : `no completion for "${word}"`,
      {
        hint,
      },
    );
  }
  process.stdout.write(completionScript(shell));
  return 0;
}
