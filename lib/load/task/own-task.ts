/** A project's own task, watched: when its code throws, or gives no list, the message names the task and the line. */
import { RunError } from '../../base/error.ts';
import { formatPlace, type Place } from '../../base/problem.ts';
import { UnknownUsed } from '../../base/unknown.ts';
import { kindOrigin } from '../../model/kind.ts';
import { type AnyResource, PlanError } from '../../model/resource.ts';
import type { AnyTask } from '../../model/task.ts';

const HINT = 'mend the task; `npx tsc --project tasks` finds wrong types';

/** `placeOf` finds the line of the task's source in an error, where there is one. */
export function watchedTask(
  task: AnyTask,
  name: string,
  placeOf: (error: unknown) => Place | undefined,
): AnyTask {
  const shown = (error: unknown): string | undefined => {
    const place = placeOf(error);
    return place && formatPlace(place);
  };
  const watch = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof RunError || error instanceof PlanError || error instanceof UnknownUsed)
        throw error;
      const place = shown(error);
      const where = place === undefined ? '' : ` (${place})`;
      throw new RunError('invalid', `task ${name} throws ${String(error)}${where}`, {
        hint: HINT,
        cause: error,
      });
    }
  };
  const { check, output } = task;
  return {
    ...task,
    placeOf: shown,
    desire(params, ctx) {
      const wanted: unknown = watch(() => task.desire(params, ctx));
      if (!Array.isArray(wanted))
        throw new RunError('invalid', `desire of task ${name} gives no list of resources`, { hint: HINT });
      for (const [index, resource] of wanted.entries()) {
        const fault = adopt(resource, shown);
        if (fault === undefined) continue;
        const message = `desire of task ${name} gives something that is no resource: item ${index} has no ${fault}`;
        throw new RunError('invalid', message, { hint: HINT });
      }
      return wanted;
    },
    ...(check ? { check: (params, ctx) => watch(() => check.call(task, params, ctx)) } : {}),
    ...(output ? { output: (params, at, ctx) => watch(() => output.call(task, params, at, ctx)) } : {}),
  };
}

/** Lets errors of its kinds find the project's sources; gives the name of what is missing. */
function adopt(resource: unknown, placeOf: (error: unknown) => string | undefined): string | undefined {
  if (typeof resource !== 'object' || resource === null) return 'fields at all';
  const { key, kind, plan, reads, uses } = resource as Partial<AnyResource>;
  if (typeof key !== 'string' || !key.includes(':')) return 'key like `kind:name`';
  if (typeof plan !== 'function') return '`plan`';
  for (const each of [{ kind }, ...(reads ?? []), ...(uses ?? [])]) {
    if (typeof each.kind?.read !== 'function' || typeof each.kind.parse !== 'function') return 'kind';
    const origin = kindOrigin(each.kind);
    if (origin && !origin.placeOf) origin.placeOf = placeOf;
  }
  return undefined;
}
