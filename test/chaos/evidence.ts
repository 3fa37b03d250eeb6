/** What is known of a run that did not end as it should, kept before its hosts are thrown away. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inside } from '../../lib/lab/inside.ts';
import { readState } from '../../lib/lab/state.ts';
import type { Finished } from '../fixture/lab-run.ts';
import type { Arena } from './trial.ts';

const LOOK = `journalctl --no-pager -o short-precise -n 3000
ps -eo pid,ppid,lstart,args
cd /var/lib/tightbeam && find . -type f | while read -r file; do echo "== $file"; head -c 20000 "$file"; done`;

/** `folder`: problems, output and events of each run, the journals of the control machine, and of each host its log and records. */
export async function keepEvidence(
  folder: string,
  { slot, project }: Arena,
  problems: readonly string[],
  runs: readonly (Finished | undefined)[],
): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'problems'), `${problems.join('\n')}\n`);
  for (const [index, run] of runs.entries()) {
    if (!run) continue;
    const lines = run.events.map((event) => JSON.stringify(event)).join('\n');
    writeFileSync(join(folder, `run-${index}`), `exit ${run.code}\n${run.out}${run.err}\n${lines}\n`);
  }
  if (existsSync(join(project, '.run')))
    cpSync(join(project, '.run'), join(folder, 'journals'), { recursive: true });
  const state = readState(slot.root);
  for (const host of state?.hosts ?? []) {
    const said =
      state &&
      (await inside(state.lab, host, LOOK).catch((error: unknown) => ({ out: '', err: String(error) })));
    writeFileSync(join(folder, host.name), `${said?.out}${said?.err}`);
  }
}
