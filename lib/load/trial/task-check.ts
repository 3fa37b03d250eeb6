/** Asks every task's own check of the parameters, on every host of its step, before the first connection. */
import { RunError } from '../../base/error.ts';
import { UnknownUsed } from '../../base/unknown.ts';
import type { ParamFault } from '../../model/task.ts';
import type { BuiltStep } from '../runbook/runbook.ts';
import { child } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import { spotOf } from '../source/spot.ts';
import { addHolder, type Holders, heldBy, holders } from './fault-holder.ts';
import { isOwn, tryOwnTasks } from './task-try.ts';
import type { TrialWorld } from './trial.ts';
import { type TrialContexts, trialContexts } from './trial-context.ts';

/** Hosts by step whose check has to be asked again when more is known. */
export type OpenChecks = ReadonlyMap<string, ReadonlySet<string>>;

export function checkTasks(built: readonly BuiltStep[], world: TrialWorld, report: Report): OpenChecks {
  const open = new Map<string, ReadonlySet<string>>();
  if (!built.some((each) => each.step.task.check || isOwn(each))) return open;
  const contexts = trialContexts(built, world);
  tryOwnTasks(built, contexts, report);
  for (const each of built) {
    if (!each.step.task.check) continue;
    const asked = askHosts(each, contexts, report);
    open.set(each.step.id, asked.open);
    reportFaults(each, asked.faults, world, report);
  }
  return open;
}

/** A fault with the hosts that have it. */
interface Found extends Holders {
  readonly fault: ParamFault;
}

interface Asked {
  readonly faults: readonly Found[];
  readonly open: ReadonlySet<string>;
}

function askHosts(built: BuiltStep, contexts: TrialContexts, report: Report): Asked {
  const { step, draft } = built;
  const found = new Map<string, Found>();
  const open = new Set<string>();
  for (const host of step.hosts) {
    const before = contexts.looks;
    try {
      const items = built.foreach ? contexts.items(step.id, host) : NO_ITEM;
      if (!items) open.add(host);
      for (const item of items?.map((each) => each?.item) ?? []) {
        const params = contexts.params(step.id, host, item);
        for (const fault of (params && step.task.check?.(params, contexts.of(built, host, item))) ?? []) {
          const key = JSON.stringify([fault.path, fault.message]);
          const known = found.get(key) ?? { fault, ...holders(item) };
          found.set(key, known);
          addHolder(known, host, item);
        }
      }
    } catch (error) {
      if (!(error instanceof UnknownUsed)) {
        const spot = child(draft.node, 'task') ?? draft.node;
        report.add('task-fault', `${checkFault(step.taskName, error)} (on ${host})`, spot, MEND);
        break;
      }
    }
    if (contexts.looks > before) open.add(host);
  }
  return { faults: [...found.values()], open };
}

/** A step without `foreach`. */
const NO_ITEM = [undefined];

const MEND = 'this is a defect of the task; mend it, or write the parameters in another way';

/** The code of the task is at fault, and not the runbook. */
export function checkFault(task: string, error: unknown): string {
  if (error instanceof RunError) return error.message;
  return `the check of task ${task} is at fault: ${String(error)}`;
}

/** Different things wrong with one parameter that are told; a mesh of many hosts would say the same of each pair. */
const MOST = 5;

function reportFaults(
  built: BuiltStep,
  faults: readonly Found[],
  { values, cwd }: TrialWorld,
  report: Report,
): void {
  const top = child(built.draft.node, 'with') ?? child(built.draft.node, 'task') ?? built.draft.node;
  const told = new Map<string, number>();
  for (const one of faults) {
    const { fault } = one;
    const key = fault.path.join('/');
    const count = (told.get(key) ?? 0) + 1;
    told.set(key, count);
    if (count > MOST) continue;
    const where = heldBy(built, fault.path, one, values);
    // Tasks know files by their whole paths.
    const message = fault.message.replaceAll(`${cwd}/`, '');
    report.add('bad-parameter', `${message}${where}`, spotOf(top, fault.path), fault.hint);
  }
  for (const [key, count] of told) {
    if (count <= MOST) continue;
    const path = key.split('/');
    const message = `and ${count - MOST} more like these`;
    report.add('bad-parameter', message, spotOf(top, path), 'mend these first');
  }
}
