/** What all hosts of a run share, as it is when the run begins. */
import { createOnce } from '../base/once.ts';
import { createBoard } from './board.ts';
import type { RunContext } from './life.ts';
import { createLocks } from './lock.ts';
import { createRollouts, isBatch } from './rollout.ts';
import type { RunOptions } from './run-options.ts';
import { indexSteps } from './step-index.ts';

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
