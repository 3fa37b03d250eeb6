/** Ctrl-C while several runs follow each other. */
import { type RunControl, startRun } from '../../engine/run.ts';
import type { RunOptions } from '../../engine/run-options.ts';

export interface Interrupts {
  run(options: RunOptions): Promise<void>;
  signal(): 'SIGINT' | 'SIGTERM' | undefined;
}

/** One interrupt ends the look at work, and nothing after it begins. */
export function onInterrupt(): Interrupts {
  let came: 'SIGINT' | 'SIGTERM' | undefined;
  let control: RunControl | undefined;
  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    came ??= signal;
    control?.stop(signal, 'now');
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  return {
    signal: () => came,
    async run(options) {
      if (came) return;
      control = startRun(options);
      await control.verdict;
      control = undefined;
    },
  };
}
