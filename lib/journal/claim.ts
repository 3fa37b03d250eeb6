/** Who goes on with a run where several would at the same time: the first one to say so who still lives. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writer } from './line.ts';
import { livesHere } from './standing.ts';

/**
 * Says that `own` goes on with the run; returns the one that said so before and is still at it. Lines are appended
 * whole, so all who look see the same one first. Undefined also where nothing can be written: the journal says why.
 */
export function claimRun(root: string, id: string, own: Writer): Writer | undefined {
  const path = join(root, '.run', id, 'resumers.jsonl');
  const line = JSON.stringify(own);
  try {
    appendFileSync(path, `${line}\n`, { mode: 0o600 });
    const first = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .find((each) => each === line || livesHere(JSON.parse(each) as Writer));
    return first === undefined || first === line ? undefined : (JSON.parse(first) as Writer);
  } catch {
    return undefined;
  }
}
