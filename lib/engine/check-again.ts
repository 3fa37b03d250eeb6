/** The task's own check of parameters that were not known when the runbook was loaded. */
import { RunError } from '../base/error.ts';
import { formatPlace } from '../base/problem.ts';
import { Unknown, UnknownUsed } from '../base/unknown.ts';
import type { Host } from '../model/inventory.ts';
import type { Step } from '../model/runbook.ts';
import type { ParamFault, TaskContext } from '../model/task.ts';

/** What it still rests on, or undefined when it found nothing. Throws RunError `failed`, with the place, when it did. */
export function checkAgain(
  step: Step,
  params: unknown,
  context: TaskContext,
  host: Host,
): Unknown | undefined {
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
  // What a host is does not fit what the inventory makes of it: one of the two places has to change.
  const hint = first.hint ?? `the host stands at ${formatPlace(host.place)}`;
  throw new RunError('failed', text, { problems, hint });
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
