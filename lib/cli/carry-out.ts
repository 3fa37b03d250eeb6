/** From a loaded project to the end of its run: what a run and one that goes on with it have in common. */
import type { RunOptions } from '../engine/run-options.ts';
import type { Disk } from '../load/source/disk.ts';
import type { Emit } from '../model/event.ts';
import type { Resume } from '../model/resume.ts';
import type { Project } from '../model/runbook.ts';
import type { Args } from './args.ts';
import { askSteps, checkAsking } from './ask-step.ts';
import { becomeSecret, runOptions } from './engine-options.ts';
import { guarded } from './guard.ts';
import type { RunJournal } from './journal.ts';
import { provisionOf } from './provision.ts';

export interface Work {
  readonly args: Args;
  readonly project: Project;
  /** The word for it. */
  readonly inventory: string;
  readonly emit: Emit;
  readonly disk?: Disk | undefined;
  /** Called when nothing keeps the run from beginning any more; undefined: nothing is written down. */
  readonly journal: (() => RunJournal) | undefined;
  readonly resume?: Resume;
  /** Of a dry run without a journal. */
  readonly id?: string;
  readonly finish?: (options: RunOptions) => RunOptions;
}

/** The exit code. */
export async function carryOut(work: Work): Promise<number> {
  const { args, project, inventory, resume, id, finish = (options) => options } = work;
  checkAsking(args);
  const becomePassword = await becomeSecret(args);
  if (args.value('format') === 'github')
    (await import('./github-mask.ts')).maskOnGithub(args, [
      ...Object.values(project.runbook.secrets),
      becomePassword,
    ]);
  const start = await guarded(args, project, inventory);
  const journal = work.journal?.();
  const options: RunOptions = {
    ...runOptions(args, project, journal?.emit ?? work.emit, becomePassword, work.disk),
    ...(id === undefined ? {} : { id }),
    ...journal?.options,
    ...(resume ? { resume } : {}),
    provision: provisionOf(args, project, inventory),
    ...(args.has('dry-run') ? await marks(args, project.root) : {}),
  };
  const stopped = new AbortController();
  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    stopped.abort();
    control.stop(signal);
  };
  const asking = args.has('step') ? { askStep: askSteps(() => stop('SIGINT'), stopped.signal) } : {};
  const control = start(finish({ ...options, ...asking }));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  const { exit } = await control.verdict.finally(() => journal?.close());
  return exit;
}

/** A dry run tells secrets apart by the key of plans, where there is one that can be used. */
async function marks(args: Args, root: string): Promise<Pick<RunOptions, 'seal'>> {
  const { planKeyOf } = await import('./plan-key-option.ts');
  try {
    const key = planKeyOf(args, root);
    return key ? { seal: key.seal } : {};
  } catch (error) {
    // Said with --plan-key it has to be right; one that merely lies there matters when a plan is signed.
    if (args.has('plan-key')) throw error;
    return {};
  }
}
