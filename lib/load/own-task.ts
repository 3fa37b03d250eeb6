/** A project's own task, watched: when its code throws, or gives no list, the message names the task and the line. */
import { RunError } from '../base/error.ts';
import { formatPlace, type Place } from '../base/problem.ts';
import { UnknownUsed } from '../base/unknown.ts';
import { PlanError } from '../model/resource.ts';
import type { AnyTask } from '../model/task.ts';

const HINT = 'mend the task; `npx tsc --noEmit` in the project finds wrong types';

/** `placeOf` finds the line of the task's source in an error, where there is one. */
export function watchedTask(
  task: AnyTask,
  name: string,
  placeOf: (error: unknown) => Place | undefined,
): AnyTask {
  const watch = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof RunError || error instanceof PlanError || error instanceof UnknownUsed)
        throw error;
      const place = placeOf(error);
      const where = place ? ` (${formatPlace(place)})` : '';
      throw new RunError('invalid', `task ${name} throws ${String(error)}${where}`, {
        hint: HINT,
        cause: error,
      });
    }
  };
  const { check, output } = task;
  return {
    ...task,
    desire(params, ctx) {
      const wanted: unknown = watch(() => task.desire(params, ctx));
      if (Array.isArray(wanted)) return wanted;
      throw new RunError('invalid', `desire of task ${name} gives no list of resources`, { hint: HINT });
    },
    ...(check ? { check: (params, ctx) => watch(() => check.call(task, params, ctx)) } : {}),
    ...(output ? { output: (params, at, ctx) => watch(() => output.call(task, params, at, ctx)) } : {}),
  };
}
