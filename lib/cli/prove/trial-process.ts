/** `run __trial FILE`: one run of a runbook on lab hosts in a process of its own, which may be cut off at a change. */
import { appendFileSync, readFileSync } from 'node:fs';
import { startRun } from '../../engine/run.ts';
import { loadProject } from '../../load/project.ts';
import { createReport } from '../../load/source/report.ts';
import type { Project } from '../../model/runbook.ts';
import { type Args, parseCommandLine } from '../args.ts';
import { becomeSecret, runOptions } from '../engine-options.ts';
import { RUN_FLAGS } from '../flag.ts';
import { loadInput } from '../load-input.ts';
import { settle } from '../setting.ts';
import { type Cut, cutSessions } from './cut-session.ts';
import { shuffled } from './order.ts';
import { type LabPlace, placedOnLab } from './place.ts';

/** What the process is told, as JSON. */
export interface TrialSpec {
  /** Of `run <runbook> <inventory> …`. */
  readonly words: readonly string[];
  readonly place: LabPlace;
  /** Gets a JSON line for each event, and `{ kind: 'took', … }` for each change. */
  readonly record: string;
  readonly cut?: Cut;
  /** Seed of another order of the steps. */
  readonly order?: number;
}

/** The exit code of the run; a run that is cut ends by SIGKILL. */
export async function trialProcess(file: string): Promise<number> {
  const spec = JSON.parse(readFileSync(file, 'utf8')) as TrialSpec;
  const given = parseCommandLine(spec.words, RUN_FLAGS);
  const { args } = await settle(given, RUN_FLAGS, { cwd: process.cwd(), env: process.env });
  const loaded = placedOnLab(await loadTrial(args), spec.place);
  const { runbook } = loaded;
  const project = spec.order === undefined ? loaded : { ...loaded, runbook: shuffled(runbook, spec.order) };
  const write = (line: object): void => appendFileSync(spec.record, `${JSON.stringify(line)}\n`);
  const options = runOptions(args, project, write, await becomeSecret(args));
  const open = cutSessions(options.open, {
    cut: spec.cut,
    tree: (host) => spec.place.hosts.find(({ name }) => name === host)?.tree,
    note: (host, change, id, ms) => write({ kind: 'took', host, change, id, ms }),
    die: () => process.kill(process.pid, 'SIGKILL'),
  });
  const control = startRun({ ...options, open });
  process.on('SIGINT', () => control.stop('SIGINT'));
  process.on('SIGTERM', () => control.stop('SIGTERM'));
  return (await control.verdict).exit;
}

/** The project as `run` would load it. */
export async function loadTrial(args: Args): Promise<Project> {
  const [runbook = '', inventory = ''] = args.positionals;
  return await loadProject({ ...loadInput(args, runbook, inventory), fetchSecrets: true }, createReport());
}
