/** `run show`: a run that was written down, told by the renderers of runs. */
import { RunError } from '../base/error.ts';
import { readRun } from '../journal/read.ts';
import { replay } from '../journal/replay.ts';
import { findRun } from '../journal/shelf.ts';
import { atWork, resultOf } from '../journal/standing.ts';
import type { Args } from './args.ts';
import { localTime, shortName } from './history-command.ts';
import { projectHere } from './project-folder.ts';
import { openRenderer } from './renderer.ts';

export async function showCommand(args: Args): Promise<number> {
  const [word = '', ...more] = args.positionals;
  if (more.length > 0)
    throw new RunError('invalid', `too many words: ${more.join(' ')}`, {
      hint: 'run show <run>; run diff compares two',
    });
  const root = projectHere(args);
  const record = readRun(root, findRun(root, word));
  const { head, resumed } = record;
  const emit = await openRenderer(args);
  const again =
    resumed.length > 0 ? `, taken up again ${resumed.length === 1 ? 'once' : `${resumed.length} times`}` : '';
  if (!args.has('quiet'))
    process.stderr.write(
      `run ${head.id}: ${shortName(head.runbook)} on ${head.inventory}, ${localTime(new Date(head.at))} by ${head.who}: ${resultOf(record)}${again}\n`,
    );
  for (const event of replay(record)) emit(event);
  const writer = atWork(record);
  if (writer)
    process.stderr.write(
      `it is still at work (process ${writer.pid}); the recap is of what it has told so far\n`,
    );
  return 0;
}
