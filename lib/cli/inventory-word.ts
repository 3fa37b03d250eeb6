/** Which inventory is meant: the word for it, --inventory, a variable, or run.yaml. */
import { RunError } from '../base/error.ts';
import type { Args } from './args.ts';

/** The empty text when nobody names one: the loader says which there are. Throws RunError when two are named. */
export function inventoryWord(args: Args, word: string | undefined): string {
  const said = args.value('inventory');
  if (word === undefined) return said ?? '';
  if (said !== undefined && args.source('inventory')?.kind === 'flag')
    throw new RunError('invalid', `the inventory is named twice: ${word} and --inventory ${said}`, {
      hint: 'leave one of them out',
    });
  return word;
}
