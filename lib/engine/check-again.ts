/** The task's own check of parameters that were not known when the runbook was loaded. */
import { RunError } from '../base/error.ts';
import { Unknown, UnknownUsed } from '../base/unknown.ts';
import type { Step } from '../model/runbook.ts';
import type { ParamFault, TaskContext } from '../model/task.ts';

/** What it still rests on, or undefined when it found nothing. Throws RunError `failed`, with the place, when it did. */
export function checkAgain(step: Step, params: unknown, context: TaskContext): Unknown | undefined {
  const faults = ask(step, params, context);
  if (faults instanceof Unknown) return faults;
  const [first] = faults;
  if (!first) return undefined;
  const problems = faults.map(({ path, message }) => ({
    code: 'bad-parameter' as const,
    message,
    place: step.with.locate(path),
  }));
  const text = problems.map(({ message }, index) => (index === 0 ? message : `also: ${message}`)).join('\n');
  throw new RunError('failed', text, { problems, ...(first.hint === undefined ? {} : { hint: first.hint }) });
}

function ask(step: Step, params: unknown, context: TaskContext): readonly ParamFault[] | Unknown {
  try {
    return step.task.check?.(params, context) ?? [];
  } catch (error) {
    if (error instanceof UnknownUsed) return error.unknown;
    if (error instanceof RunError) throw error;
    const message = `the check of task ${step.taskName} is at fault: ${String(error)}`;
    throw new RunError('failed', message, { hint: 'mend the task', cause: error });
  }
}
