/** A runbook from its file: steps, handlers, values and edges resolved against an inventory. */
import { nearest } from '../../base/suggest.ts';
import type { Step } from '../../model/runbook.ts';
import type { AnyTask } from '../../model/task.ts';
import type { Cel } from '../expression/cel.ts';
import {
  type Compiled,
  compileCondition,
  compileValue,
  conditionWantsCel,
  constantTemplate,
  wantsCel,
} from '../expression/template.ts';
import { becomeOf } from '../inventory/become.ts';
import type { HostNames } from '../inventory/host-pattern.ts';
import { refuseExpressions } from '../schema/closed-key.ts';
import { child, entryOf, listOf, type Node, placeOf, textOf } from '../source/node.ts';
import type { Report } from '../source/report.ts';
import { type ParamShape, paramShape } from '../task/param.ts';
import { type Drafts, notifiedBy, type StepDraft } from './draft.ts';
import { type CompiledForeach, compileForeach } from './foreach.ts';
import type { Frame } from './frame.ts';
import { compileEntries, frameNodes } from './frame-part.ts';
import { needsOf } from './need.ts';
import type { RunbookScopes } from './scopes.ts';
import { type EnvPart, envOf, envTemplate } from './step-env.ts';
import { checkLocks, stepOptions } from './step-option.ts';
import { impliedSteps } from './step-param.ts';
import { entered, referencesIn, type StepScope, withVariables } from './step-scope.ts';
import { type Condition, conditionsOf, joined } from './step-when.ts';
import { finishParams } from './step-with.ts';

/** A step with its templates as they were compiled, for the checks. */
export interface BuiltStep {
  readonly step: Step;
  readonly draft: StepDraft;
  /** The names that its expressions see, its own variables included. */
  readonly scope: StepScope;
  /** In the names of `scope`. */
  readonly with: Compiled;
  /** Its own, and those of groups and imports around it. */
  readonly conditions: readonly Condition[];
  /** Its own variables, in the names around it. */
  readonly vars: { readonly template: Compiled; readonly scope: StepScope } | undefined;
  /** Its items, in the names that they are written in. */
  readonly foreach: { readonly compiled: CompiledForeach; readonly scope: StepScope } | undefined;
  readonly until: Condition | undefined;
  readonly env: readonly EnvPart[];
  /** What its task asks of the parameters. */
  readonly shape: ParamShape;
  /** Some parameter names a group, a local file or a step, which must be there. */
  readonly worldly: boolean;
  /** Steps that parameters name which are left out. */
  readonly implied: Readonly<Record<string, string>>;
}

export interface BuildSource extends Drafts {
  readonly tasks: ReadonlyMap<string, AnyTask>;
  readonly names: HostNames;
  readonly cel: Cel | undefined;
  readonly scopes: RunbookScopes;
  readonly extraVars: Readonly<Record<string, unknown>>;
}

/** True when something in the steps or values can only be read with the expression language's library. */
export function runbookWantsCel({ drafts, layers }: Drafts, main: Frame): boolean {
  const frames = [main, ...layers.flatMap((layer) => layer.inner ?? [])];
  if (frames.some((frame) => frameNodes(frame).some(wantsCel))) return true;
  return [...drafts, ...layers].some(({ node }) => {
    const conditions = [child(node, 'when'), child(node, 'until')];
    if (conditions.some((condition) => condition && conditionWantsCel(condition))) return true;
    return ['with', 'foreach', 'env', 'vars'].some((name) => {
      const value = child(node, name);
      return value !== undefined && wantsCel(value);
    });
  });
}

/** Every draft as a step; one whose task is missing is checked as far as that goes and left out. */
export function buildSteps(source: BuildSource, report: Report): readonly BuiltStep[] {
  const handlers = source.drafts.filter((draft) => draft.handler);
  const shapes = new Map([...source.tasks.values()].map((task) => [task, paramShape(task)]));
  checkLocks(source.drafts, report);
  const notified = new Set<string>();
  const built = source.drafts.map((draft) => {
    const notify = draft.handler ? [] : notifiedBy(draft, handlers, report);
    for (const id of notify) notified.add(id);
    return buildStep(draft, notify, { ...source, shapes }, report);
  });
  for (const { node } of source.layers) refuseExpressions(node, report);
  for (const handler of handlers) {
    // A word that is nearly this one has been told of as that.
    const ids = handlers.map(({ name }) => name);
    const wanted = source.drafts.some((draft) =>
      listOf(child(draft.node, 'notify')).some((item) => {
        const word = textOf(item);
        const near = word !== undefined && nearest(word, ids) === handler.name;
        return draft.frame === handler.frame && (word === handler.name || near);
      }),
    );
    if (notified.has(handler.id) || wanted) continue;
    const spot = entryOf(handler.node, 'id')?.value ?? handler.node;
    const hint = `add notify: [${handler.name}] to a step, or take the handler out`;
    report.add('handler-never-notified', `no step notifies handler "${handler.name}"`, spot, hint);
  }
  return built.flatMap((step) => step ?? []);
}

function buildStep(
  draft: StepDraft,
  notify: readonly string[],
  source: BuildSource & { readonly shapes: ReadonlyMap<AnyTask, ParamShape> },
  report: Report,
): BuiltStep | undefined {
  const { node, frame } = draft;
  const { cel, scopes, extraVars } = source;
  refuseExpressions(node, report);
  const task = source.tasks.get(draft.taskName);
  const withNode = child(node, 'with');
  const varsNode = child(node, 'vars');
  const around = scopes.within(draft.within);
  const vars = varsNode?.kind === 'map' ? compileValue(varsNode, cel, report) : undefined;
  const scope = vars ? withVariables(around, compileEntries(varsNode, cel, report), extraVars) : around;
  const conditions = conditionsOf(draft, scope, scopes, cel, report);
  const when = joined(conditions);
  const params =
    withNode?.kind === 'map'
      ? compileValue(withNode, cel, report)
      : constantTemplate({}, placeOf(child(node, 'task') ?? node));
  const foreach = compileForeach(child(node, 'foreach'), { when, vars }, cel, report);
  // Variables that look at the item have no value for what tells the items.
  const itemsScope = foreach?.vars ? around : scope;
  const values = vars ? referencesIn(vars, around) : [];
  const untilNode = child(node, 'until');
  const until = untilNode && compileCondition(untilNode, cel, report);
  const env = envOf(draft, scope, scopes, cel, report);
  const environment = envTemplate(env);
  const references = [
    ...referencesIn(params, scope),
    ...(when?.references ?? []),
    ...values,
    ...(foreach ? referencesIn(foreach.items, itemsScope) : []),
    ...(until ? referencesIn(until, itemsScope) : []),
    ...(environment?.references ?? []),
  ];
  const needs = needsOf(draft, source.drafts, references, source, report);
  const options = stepOptions(node, frame.top, report);
  if (!task) return undefined;
  const implied = impliedSteps(draft, source.drafts, task, report);
  const shape = source.shapes.get(task) ?? paramShape(task);
  const finished = finishParams(params, shape, frame, implied, scope, foreach !== undefined);
  const become = becomeOf(node);
  const name = textOf(child(node, 'name'));
  const step: Step = {
    id: draft.id,
    ...(name === undefined ? {} : { name }),
    taskName: draft.taskName,
    task,
    with: entered(finished, scope),
    ...(scope.bare ? {} : { scope: { enter: scope.enter, references: values } }),
    ...(when ? { when } : {}),
    ...(foreach ? { foreach: { ...foreach, items: entered(foreach.items, itemsScope) } } : {}),
    ...(until ? { until: entered(until, itemsScope) } : {}),
    ...(environment ? { env: environment } : {}),
    hosts: draft.actors ? new Set(draft.actors.values()) : draft.hosts,
    ...(draft.actors ? { actors: draft.actors } : {}),
    needs,
    tags: tagsOf(node),
    ...(become === undefined ? {} : { become }),
    ...options,
    notify,
    place: placeOf(node),
    checkAgain: new Set(),
  };
  const worldly = /"format":"(host-group|local-|step:)/.test(JSON.stringify(task.params));
  const own = vars && { template: vars, scope: around };
  const each = foreach && { compiled: foreach, scope: itemsScope };
  return {
    step,
    draft,
    scope,
    with: finished,
    conditions,
    vars: own,
    foreach: each,
    until: until && { template: until, scope: itemsScope, frame, node: untilNode },
    env,
    shape,
    worldly,
    implied,
  };
}

function tagsOf(node: Node): readonly string[] {
  return listOf(child(node, 'tags'))
    .flatMap((item) => (textOf(item) ?? '').split(','))
    .flatMap((tag) => tag.trim() || []);
}
