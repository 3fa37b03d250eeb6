/** `run completion`: what makes a shell complete our command lines. */
import { flags } from '../flag.ts';
import type { Verb } from '../verb.ts';

export const completion: Verb = {
  name: 'completion',
  summary: [
    ['run completion bash|zsh|fish', 'what the shell reads to complete runbooks, hosts, steps, flags'],
  ],
  usage: [
    ['run completion bash', 'eval "$(run completion bash)" in ~/.bashrc'],
    ['run completion zsh', 'source <(run completion zsh) in ~/.zshrc, after compinit'],
    ['run completion fish', 'run completion fish > ~/.config/fish/completions/run.fish'],
  ],
  flags: flags('help'),
  needsWord: true,
};
