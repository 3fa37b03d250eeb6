/** Which inventory is meant: the word for it, --inventory, a variable, or run.yaml. */
import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
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

/** An inventory that is not there, and was not typed (`word`): who named it. */
export function nameSource(error: RunError, args: Args, word: string | undefined): RunError {
  const [problem] = error.problems;
  const source = args.source('inventory');
  if (problem?.code !== 'no-inventory' || word !== undefined) return error;
  if (source?.kind !== 'file' && source?.kind !== 'environment') return error;
  const by = source.kind === 'file' ? formatPlace(source.place) : source.variable;
  const place = source.kind === 'file' ? { place: source.place } : {};
  const message = `${by} names the inventory: ${problem.message}`;
  const hint = problem.hint === undefined ? {} : { hint: problem.hint };
  return new RunError('invalid', message, { ...hint, problems: [{ ...problem, ...place, message }] });
}
