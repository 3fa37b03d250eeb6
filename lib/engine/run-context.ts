/** What all hosts of a run share, as it is when the run begins. */

import type { Once } from '../base/once.ts';
import { createOnce } from '../base/once.ts';
import type { Confirm } from '../model/confirm.ts';
import type { Emit } from '../model/event.ts';
import type { ProvisionOf } from '../model/provision.ts';
import type { Resume } from '../model/resume.ts';
import type { Project } from '../model/runbook.ts';
import type { Board } from './board.ts';
import { createBoard } from './board.ts';
import type { Keeper } from './bundle/keep.ts';
import type { Recall } from './bundle/recall.ts';
import type { AskStep } from './consent.ts';
import type { Diary } from './journal.ts';
import type { Locks } from './lock.ts';
import { createLocks } from './lock.ts';
import type { Bound } from './review/bound.ts';
import type { Rollouts } from './rollout.ts';
import { createRollouts, isBatch } from './rollout.ts';
import type { RunOptions } from './run-options.ts';
import type { StepIndex } from './step-index.ts';
import { indexSteps } from './step-index.ts';
import type { Locking } from './turned-away.ts';

export interface RunContext {
  readonly project: Project;
  readonly board: Board;
  readonly locks: Locks;
  readonly locking: Locking;
  readonly emit: Emit;
  readonly showOutput: boolean;
  readonly run: { readonly id: string; readonly dryRun: boolean };
  /** First interrupt: logins and reads are ended, as nothing would come of them; writes go on. */
  readonly halt: AbortSignal;
  /** Second interrupt: what runs on hosts is ended. */
  readonly abort: AbortSignal;
  /** First interrupt: nothing new starts. */
  stopping(): boolean;
  readonly steps: StepIndex;
  readonly rollouts: Rollouts;
  /** For all hosts of the run. */
  readonly once: Once;
  /** The review that the run is bound to. */
  readonly bound: Bound | undefined;
  /** Where the run writes down what it is about to do; undefined: nowhere. */
  readonly diary: Diary | undefined;
  /** Asked before a step changes anything; undefined: nobody is. */
  readonly askStep: AskStep | undefined;
  /** The run that this one goes on with. */
  readonly resume: Resume | undefined;
  /** What hosts that were changed are to remember. */
  readonly provision: ProvisionOf | undefined;
  /** Changes that would lock us out are not refused. */
  readonly allowLockout: boolean;
  /** What the command line says of how long changes wait for a new login. */
  readonly confirm: Confirm | undefined;
  /** Told of everything that is read. */
  readonly keep: Keeper | undefined;
  /** States that were kept, in the place of hosts: nothing is read. */
  readonly recall: Recall | undefined;
  command(hosts: readonly string[]): string;
}

type Given = Pick<
  RunOptions,
  | 'project'
  | 'emit'
  | 'dryRun'
  | 'showOutput'
  | 'command'
  | 'bound'
  | 'provision'
  | 'keep'
  | 'recall'
  | 'allowLockout'
  | 'locking'
  | 'resume'
  | 'confirm'
  | 'askStep'
> & { readonly diary?: RunContext['diary'] };

/** `id`: of the run. */
export function createContext(
  given: Given,
  { id, halt, abort, stopping }: Pick<RunContext, 'halt' | 'abort' | 'stopping'> & { readonly id: string },
): RunContext {
  const {
    project,
    emit,
    dryRun,
    showOutput,
    command,
    bound,
    provision,
    keep,
    recall,
    diary,
    allowLockout,
    locking,
    resume,
    confirm,
    askStep,
  } = given;
  const steps = indexSteps(project);
  const board = createBoard((step, host) => isBatch(step) || steps.watched(step, host));
  return {
    project,
    board,
    locks: createLocks(),
    locking,
    emit,
    showOutput: showOutput ?? false,
    run: { id, dryRun },
    halt,
    abort,
    stopping,
    steps,
    rollouts: createRollouts(project, board, emit, () => !dryRun && !stopping()),
    once: createOnce(),
    bound,
    diary,
    resume,
    askStep,
    provision,
    allowLockout: allowLockout ?? false,
    confirm,
    keep,
    recall,
    command,
  };
}
