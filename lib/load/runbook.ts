/** A runbook from its file: steps, handlers, values and edges resolved against an inventory. */
import { ITEM_NAMES } from '../model/item.ts';
import type { Step } from '../model/runbook.ts';
import type { AnyTask } from '../model/task.ts';
import { becomeOf } from './become.ts';
import type { Cel } from './cel.ts';
import { notifiedBy, type StepDraft } from './draft.ts';
import { type CompiledForeach, compileForeach } from './foreach.ts';
import type { HostNames } from './host-pattern.ts';
import { type InputMemo, inputMemo, isFixed } from './input-memo.ts';
import { isMap } from './json-schema.ts';
import { needsOf } from './need.ts';
import { child, eachScalar, entryOf, listOf, type Node, placeOf, textOf } from './node.ts';
import { absoluteLocalPaths, namesLocalFiles, type ParamShape, paramShape, schemaOf } from './param.ts';
import type { Report } from './report.ts';
import { stepOptions } from './step-option.ts';
import { impliedSteps } from './step-param.ts';
import {
  type Compiled,
  compileCondition,
  compileValue,
  conditionWantsCel,
  constantTemplate,
  wantsCel,
} from './template.ts';

/** A step with its templates as they were compiled, for the checks. */
export interface BuiltStep {
  readonly step: Step;
  readonly draft: StepDraft;
  readonly with: Compiled;
  readonly when: Compiled | undefined;
  readonly vars: Compiled | undefined;
  readonly foreach: CompiledForeach | undefined;
  readonly until: Compiled | undefined;
  /** What its task asks of the parameters. */
  readonly shape: ParamShape;
  /** Some parameter names a group, a local file or a step, which must be there. */
  readonly worldly: boolean;
  /** Steps that parameters name which are left out. */
  readonly implied: Readonly<Record<string, string>>;
}

export interface BuildSource {
  readonly drafts: readonly StepDraft[];
  readonly tasks: ReadonlyMap<string, AnyTask>;
  readonly names: HostNames;
  readonly cel: Cel | undefined;
  /** Folder of the runbook's file. */
  readonly folder: string;
}

/** Keys of a step whose values may hold expressions. */
const OPEN_KEYS = new Set(['with', 'when', 'foreach', 'until', 'vars']);

/** True when something in the steps or values can only be read with the expression language's library. */
export function runbookWantsCel(drafts: readonly StepDraft[], vars: Node | undefined): boolean {
  if (vars && wantsCel(vars)) return true;
  return drafts.some(({ node }) => {
    const conditions = [child(node, 'when'), child(node, 'until')];
    if (conditions.some((condition) => condition && conditionWantsCel(condition))) return true;
    return ['with', 'foreach', 'vars'].some((name) => {
      const value = child(node, name);
      return value !== undefined && wantsCel(value);
    });
  });
}

/** Every draft as a step; one whose task is missing is checked as far as that goes and left out. */
export function buildSteps(source: BuildSource, report: Report): readonly BuiltStep[] {
  const handlers = source.drafts.filter((draft) => draft.handler);
  const shapes = new Map([...source.tasks.values()].map((task) => [task, paramShape(task)]));
  const notified = new Set<string>();
  const built = source.drafts.map((draft) => {
    const notify = draft.handler ? [] : notifiedBy(draft, handlers, report);
    for (const id of notify) notified.add(id);
    return buildStep(draft, notify, { ...source, shapes }, report);
  });
  for (const handler of handlers) {
    const wanted = source.drafts.some((draft) =>
      listOf(child(draft.node, 'notify')).some((item) => textOf(item) === handler.id),
    );
    if (notified.has(handler.id) || wanted) continue;
    const spot = entryOf(handler.node, 'id')?.value ?? handler.node;
    const hint = `add notify: [${handler.id}] to a step, or take the handler out`;
    report.add('handler-never-notified', `no step notifies handler "${handler.id}"`, spot, hint);
  }
  return built.flatMap((step) => step ?? []);
}

function buildStep(
  draft: StepDraft,
  notify: readonly string[],
  source: BuildSource & { readonly shapes: ReadonlyMap<AnyTask, ParamShape> },
  report: Report,
): BuiltStep | undefined {
  const { node } = draft;
  refuseExpressions(draft, report);
  const task = source.tasks.get(draft.taskName);
  const withNode = child(node, 'with');
  const whenNode = child(node, 'when');
  const varsNode = child(node, 'vars');
  const when = whenNode && compileCondition(whenNode, source.cel, report);
  const vars = varsNode?.kind === 'map' ? compileValue(varsNode, source.cel, report) : undefined;
  const params =
    withNode?.kind === 'map'
      ? compileValue(withNode, source.cel, report)
      : constantTemplate({}, placeOf(child(node, 'task') ?? node));
  const foreach = compileForeach(child(node, 'foreach'), { when, vars }, source.cel, report);
  const untilNode = child(node, 'until');
  const until = untilNode && compileCondition(untilNode, source.cel, report);
  const references = [params, when, vars, foreach?.items, until].flatMap(
    (template) => template?.references ?? [],
  );
  const needs = needsOf(draft, source.drafts, references, source.names, report);
  const options = stepOptions(node, report);
  if (!task) return undefined;
  const implied = impliedSteps(draft, source.drafts, task, report);
  const shape = source.shapes.get(task) ?? paramShape(task);
  const finished = finishParams(params, shape, source.folder, implied, foreach !== undefined);
  const become = becomeOf(node);
  const name = textOf(child(node, 'name'));
  const step: Step = {
    id: draft.id,
    ...(name === undefined ? {} : { name }),
    taskName: draft.taskName,
    task,
    with: finished,
    ...(vars ? { vars } : {}),
    ...(when ? { when } : {}),
    ...(foreach ? { foreach } : {}),
    ...(until ? { until } : {}),
    hosts: draft.hosts,
    needs,
    tags: tagsOf(node),
    ...(become === undefined ? {} : { become }),
    ...options,
    notify,
    place: placeOf(node),
    checkAgain: new Set(),
  };
  const worldly = /"format":"(host-group|local-|step:)/.test(JSON.stringify(task.params));
  return { step, draft, with: finished, when, vars, foreach, until, shape, worldly, implied };
}

/** Parameters as the task gets them: defaults and steps filled in, local paths absolute. Constant ones are made once. */
function finishParams(
  params: Compiled,
  { task, fill }: ParamShape,
  folder: string,
  implied: Readonly<Record<string, string>>,
  each: boolean,
): Compiled {
  const schema = schemaOf(task);
  const local = namesLocalFiles(schema);
  const more = Object.keys(implied).length > 0;
  const finish = (value: unknown): unknown => {
    const full = fill(more && isMap(value) ? { ...value, ...implied } : value);
    return local ? absoluteLocalPaths(schema, full, folder) : full;
  };
  if (!params.constant) {
    const paths = params.uses.flatMap(({ expression }) => expression.paths);
    // The same object for the same values: whatever follows from it can be shared, too.
    const memo: InputMemo<unknown> = paths.every(
      (path) => isFixed(path) || (each && ITEM_NAMES.has(path.root)),
    )
      ? inputMemo(paths)
      : (_, make) => make();
    return { ...params, evaluate: (scope) => memo(scope, () => finish(params.evaluate(scope))) };
  }
  const value = finish(params.evaluate({}));
  return { ...params, evaluate: () => value };
}

function tagsOf(node: Node): readonly string[] {
  return listOf(child(node, 'tags'))
    .flatMap((item) => (textOf(item) ?? '').split(','))
    .flatMap((tag) => tag.trim() || []);
}

/** Names, hosts, needs and the like are settled before any host is looked at: no expressions there. */
function refuseExpressions(draft: StepDraft, report: Report): void {
  for (const entry of draft.node.entries) {
    // `hosts` has said so itself.
    if (OPEN_KEYS.has(entry.name) || entry.name === 'hosts') continue;
    eachScalar(entry.value, (scalar) => {
      if (typeof scalar.value !== 'string' || !scalar.value.includes('${{')) return;
      const message = `"${entry.name}" takes no expression`;
      report.add(
        'expression-not-allowed',
        message,
        scalar,
        'expressions stand in with:, when:, foreach:, until: and vars:',
      );
    });
  }
}
