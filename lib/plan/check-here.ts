/** What a plan does not hold has to be here as it was: tasks of the project, long files, files with secrets in them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { localFiles } from '../load/task/local-file.ts';
import type { Seal } from '../model/review.ts';
import type { Plan } from './plan.ts';
import { type Ground, placed } from './portable-path.ts';
import { unverified } from './signed.ts';

const NO_PLACE = { file: '', line: 1, col: 1 };

/** Throws RunError `unverified` with all files and tasks that have to be here as they were, and are not. */
export function checkHere({ sources, tasks }: Plan, ground: Ground, seal: Seal): void {
  const faults: { readonly code: 'plan-file' | 'plan-task'; readonly message: string }[] = [];
  const state = (path: string, same: (sum: string) => boolean): string | undefined => {
    if (!existsSync(path)) return 'is not here';
    try {
      return same(localFiles(path, NO_PLACE)[0]?.sha256 ?? '') ? undefined : 'has changed';
    } catch {
      return 'cannot be read';
    }
  };
  for (const source of sources) {
    for (const { name, sha256: sum, print } of 'local' in source ? source.local : []) {
      if (sum === undefined && print === undefined) continue;
      const path = join(placed(source.path, ground), name);
      const fault = state(path, (now) => (sum === undefined ? seal.print(now) === print : now === sum));
      if (fault)
        faults.push({ code: 'plan-file', message: `${path}, which the plan sends to hosts, ${fault}` });
    }
  }
  for (const { path, inputs } of tasks) {
    for (const [input, sum] of Object.entries(inputs)) {
      const file = join(ground.root, input);
      const fault = state(file, (now) => now === sum);
      const of = file === placed(path, ground) ? '' : ` (of the task ${path})`;
      if (fault) faults.push({ code: 'plan-task', message: `${file}${of} ${fault} since the plan was made` });
    }
  }
  const [first] = faults;
  if (!first) return;
  const hint = `have them as they were in ${ground.root}, or name another root with --project; else plan again`;
  throw unverified(faults.map((fault) => ({ ...fault, hint })));
}
