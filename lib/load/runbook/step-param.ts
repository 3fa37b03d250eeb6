/** Parameters that name another step (`format: step:TASK`): found by themselves when left out, checked when given. */
import type { ProblemCode } from '../../base/problem-code.ts';
import { didYouMean } from '../../base/suggest.ts';
import type { AnyTask } from '../../model/task.ts';
import { isMap, STEP_FORMAT } from '../source/json-schema.ts';
import { child, type Node } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import type { StepDraft } from './draft.ts';

/** The task whose steps a parameter of this format names; undefined for other formats. */
export function stepTask(format: unknown): string | undefined {
  return typeof format === 'string' ? STEP_FORMAT.exec(format)?.[1] : undefined;
}

/** Parameters of the task that name a step, each with the task of that step. */
export function stepParams(task: AnyTask): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, schema] of Object.entries(task.params.properties)) {
    const wanted = isMap(schema) && schema.default === undefined ? stepTask(schema.format) : undefined;
    if (wanted !== undefined) found.set(name, wanted);
  }
  return found;
}

/** For each of them that is left out, the one step of that task before; several are reported, none leaves it out. */
export function impliedSteps(
  draft: StepDraft,
  drafts: readonly StepDraft[],
  task: AnyTask,
  report: Report,
): Readonly<Record<string, string>> {
  const given = child(draft.node, 'with');
  const implied: Record<string, string> = {};
  for (const [name, wanted] of stepParams(task)) {
    if (child(given, name)) continue;
    const steps = stepsBefore(draft, drafts).filter(
      (step) =>
        step.taskName === wanted && !hasItems(step) && [...draft.hosts].every((host) => step.hosts.has(host)),
    );
    const [first, second] = steps;
    if (first && !second) implied[name] = first.id;
    if (!first || !second) continue;
    const ids = steps.map((step) => step.name).join(', ');
    const spot: Node = given ?? child(draft.node, 'task') ?? draft.node;
    const message = `several steps of task ${wanted} stand before: ${ids}`;
    report.add('ambiguous-step', message, spot, `name one with ${name}: ${first.name}`);
  }
  return implied;
}

/** Why a step cannot be named by such a parameter; undefined when it can. */
export function stepFault(
  id: string,
  wanted: string,
  draft: StepDraft,
  drafts: readonly StepDraft[],
): { readonly code: ProblemCode; readonly message: string; readonly hint?: string } | undefined {
  const before = stepsBefore(draft, drafts);
  const fitting = before.filter((step) => step.taskName === wanted).map((step) => step.name);
  const hint =
    didYouMean(id.slice(draft.frame.prefix.length), fitting) ??
    (fitting.length === 0 ? noneBefore(wanted) : undefined);
  const rest = hint === undefined ? {} : { hint };
  const name = id.slice(draft.frame.prefix.length);
  const step = drafts.find((each) => each.id === id && !each.handler && each.frame === draft.frame);
  if (!step) return { code: 'unknown-step', message: `no step "${name}"`, ...rest };
  if (step.taskName !== wanted)
    return {
      code: 'wrong-step',
      message: `step "${name}" is of task ${step.taskName}, not of ${wanted}`,
      ...rest,
    };
  if (hasItems(step))
    return {
      code: 'wrong-step',
      message: `step "${id}" has foreach, and so several sets of parameters and outputs`,
      hint: 'give it a step of its own',
    };
  if (!before.includes(step))
    return {
      code: 'wrong-step',
      message: `step "${name}" does not stand before this one`,
      hint: 'move it up, or name another',
    };
  if (draft.hosts.size === 0 || [...draft.hosts].some((host) => step.hosts.has(host))) return undefined;
  return { code: 'wrong-step', message: `step "${name}" runs on no host that this step runs on`, ...rest };
}

function hasItems({ node }: StepDraft): boolean {
  return child(node, 'foreach') !== undefined;
}

/** What to do where a step of that task is wanted and there is none. */
export function noneBefore(task: string): string {
  return `put a step of task ${task} before this one`;
}

/** Of its own file; for a handler all steps stand before it. */
function stepsBefore(draft: StepDraft, drafts: readonly StepDraft[]): readonly StepDraft[] {
  const steps = drafts.filter((each) => !each.handler && each.frame === draft.frame);
  const at = steps.indexOf(draft);
  return at === -1 ? steps : steps.slice(0, at);
}
